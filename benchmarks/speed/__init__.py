"""CPU, wall and memory beside a floor, hand-written pytest and other engines

python -m benchmarks.speed [steps|files|collect|start|rows|mock …] [--rounds N] [--no-peers]
[--document FILE]

HttpRunner is no contestant: it sends word of each run to a server of its makers.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.speed import parts
from benchmarks.speed.measure import table


class Target:
    """The API under test, in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def count(self) -> int:
        with urllib.request.urlopen(f"{self.url}/count", timeout=5) as answer:
            return int(answer.read())

    @contextlib.contextmanager
    def asked(self, expected: int) -> Iterator[None]:
        """What runs inside has to ask that often: a contestant that does less is no contestant."""
        before = self.count()
        yield
        found = self.count() - before
        if found != expected:
            raise SystemExit(f"{found} requests instead of {expected}")


@contextlib.contextmanager
def target() -> Iterator[Target]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.speed.target"], stdout=subprocess.PIPE, text=True
    )
    try:
        port = process.stdout.readline().strip()  # type: ignore[union-attr] # it is a pipe
        yield Target(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


PARTS: dict[str, Callable[..., tuple[str, str, list]]] = {
    "steps": parts.steps,
    "files": parts.files,
    "collect": parts.collect,
    "start": parts.start,
    "rows": parts.rows,
    "mock": parts.mock,
}


def put(document: Path, name: str, text: str) -> None:
    """Raises SystemExit where the document has no place for it."""
    head, opening, rest = document.read_text("utf-8").partition(f"<!-- {name} -->\n")
    _, closing, tail = rest.partition("<!-- end -->")
    if not (opening and closing):
        raise SystemExit(f"{document} has no <!-- {name} --> … <!-- end -->")
    document.write_text(f"{head}{opening}{text}{closing}{tail}", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed")
    parser.add_argument("parts", nargs="*", metavar="|".join(PARTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument(
        "--document", type=Path, help="put each table there, between <!-- NAME --> and <!-- end -->"
    )
    given = parser.parse_args()
    with target() as api:
        for name in given.parts or PARTS:
            with tempfile.TemporaryDirectory() as folder:
                made = PARTS[name](api, Path(folder), given.rounds, peers=not given.no_peers)
            text = table(*made)
            print(text, flush=True)
            if given.document:
                put(given.document, name, text)
    return 0
