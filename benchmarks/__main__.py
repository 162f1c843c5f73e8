"""`python -m benchmarks [NAME…] [options of the last]`: the measurements, the usual or the named.

`python -m benchmarks NAME --help` tells the options of one, where it has some.
"""

import ast
import importlib
import itertools
import os
import sys
from pathlib import Path

USUAL = ("idle", "cases", "reports", "speed", "ingest", "lists", "page")
OTHERS = (
    "concurrent_executions",
    "events",
    "fuzz",
    "kills",
    "large_suite",
    "leg_calls",
    "outage",
    "shards",
)


def about(name: str) -> str:
    """What it measures, without loading it: some need an extra."""
    folder = Path(__file__).parent / name
    source = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    return (ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "").partition("\n")[0]


def listed(names: tuple[str, ...]) -> str:
    return "".join(f"  {name:22} {about(name)}\n" for name in names)


def main() -> int:
    os.environ["SISYPHUS_LANG"] = "en"  # some look for messages
    given = sys.argv[1:]
    named = list(itertools.takewhile(lambda word: not word.startswith("-"), given))
    offered = f"The usual:\n{listed(USUAL)}\nOthers, by name only:\n{listed(OTHERS)}"
    if not named and {"-h", "--help"} & set(given):
        print(f"{__doc__}\n{offered}", end="")
        return 0
    if unknown := [name for name in named if name not in USUAL + OTHERS]:
        print(f"no measurement {unknown[0]!r}\n\n{offered}", end="", file=sys.stderr)
        return 2
    codes = []
    for name in named or USUAL:
        print(f"== {name}: {about(name)}", flush=True)
        sys.argv[:] = [f"python -m benchmarks {name}", *given[len(named) :]]
        codes.append(importlib.import_module(f"benchmarks.{name}").main())
    return max(code or 0 for code in codes)


if __name__ == "__main__":
    sys.exit(main())
