"""from POST plan/run to the first running case: 10 cases in suites of 10 and of 10 000 files

Beside it, without any service: pytest told the ten by name, and pytest looking for them by a mark.
"""

import contextlib
import dataclasses
import secrets
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import requests

from benchmarks.timing import PYTEST
from orchestrator.app import create_app
from orchestrator.cli import tokens
from orchestrator.cli.demo.client import Platform
from orchestrator.cli.demo.hosted import address, free_socket, hosted
from orchestrator.config.settings import Settings
from orchestrator.secrets import Secret
from orchestrator.status import TERMINAL

ROUNDS, CASES, SIZES = 5, 10, (10, 10_000)
CASE = """
name: case
case_id: {n}
tags: [{tag}]
config:
  base_url: http://nowhere.invalid
  mock: {{rules: [{{request: {{url: /ok}}, response: {{body: {{code: 0}}}}}}]}}
steps:
  - {{name: s, url: /ok, validations: [{{eq: [$.code, 0]}}]}}
"""
PYTHON = """
import pytest
@pytest.mark.{tag}
@pytest.mark.sisyphus(case_id={n})
def test_it(): pass
"""


@dataclasses.dataclass(frozen=True)
class Suite:
    root: Path
    #: of the chosen cases.
    nodeids: list[str]
    platform: Platform
    plan: int

    def first_case(self):
        """Seconds from the POST until the execution's list of cases shows a running one."""
        began = time.perf_counter()
        row = self.platform.post("/automation/plan/run", planId=self.plan, envCode="st")
        asked = {"executionId": row["id"]}
        while not any(
            case["status"]
            for case in self.platform.get("/automation/execution/case/list", **asked)["list"]
        ):
            time.sleep(0.005)
        took = time.perf_counter() - began
        while (row := self.platform.get("/automation/execution/detail", **asked))[
            "status"
        ] not in TERMINAL:
            time.sleep(0.05)
        if row["passed_count"] != CASES:
            raise SystemExit(f"not all passed: {row}")
        return took

    def named(self):
        return self._pytest(*self.nodeids)

    def marked(self):
        return self._pytest("-m", "chosen")

    def _pytest(self, *arguments):
        """Seconds of a whole run."""
        began = time.perf_counter()
        done = subprocess.run(
            [*PYTEST, *arguments], cwd=self.root, capture_output=True, text=True, check=False
        )
        if f"{CASES} passed" not in done.stdout:
            raise SystemExit(done.stdout + done.stderr)
        return time.perf_counter() - began


@contextlib.contextmanager
def suite(size):
    """A project of that many files, half YAML and half Python; a service that knows ten of them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        nodeids = _written(root, size)
        listener, secret = free_socket(), Secret(secrets.token_urlsafe(32))
        settings = Settings(
            port=listener.getsockname()[1],
            database_url=f"sqlite:///{folder}/it.sqlite3",
            project_root=root,
            callback_secret=secret,
            data_dir=Path(folder, "data"),
        )
        app = create_app(settings)
        token = tokens.add(settings, 1, "benchmark")
        with hosted(app, listener):
            platform = Platform(address(listener), token.reveal())
            _sync(address(listener), secret, nodeids)
            plan = platform.post(
                "/automation/plan/save", projectId=1, planName="ten", cases=[*nodeids]
            )
            yield Suite(root, list(nodeids.values()), platform, plan["plan_id"])


def _written(root, size):
    """The chosen cases, evenly among the others: id to nodeid."""
    chosen = {}
    for n in range(1, size + 1):
        tag = "chosen" if (n - 1) % (size // CASES) == 0 else "other"
        area = f"area_{n % 100}"
        is_yaml = n % 3
        name, text = (f"case_{n}.yaml", CASE) if is_yaml else (f"test_{n}.py", PYTHON)
        (root / area).mkdir(parents=True, exist_ok=True)
        (root / area / name).write_text(text.format(n=n, tag=tag))
        if tag == "chosen":
            chosen[n] = f"{area}/{name}::{'case' if is_yaml else 'test_it'}"
    (root / "pytest.ini").write_text("[pytest]\nmarkers =\n  chosen\n  other\n")
    return chosen


def _sync(base, secret, nodeids):
    cases = [
        {"caseId": n, "caseTitle": str(n), "pytestNodeid": nodeid} for n, nodeid in nodeids.items()
    ]
    answer = requests.post(
        f"{base}/it/api/automation/case/sync",
        json={"projectId": 1, "cases": cases},
        headers={"X-CALLBACK-SECRET": secret.reveal()},
        timeout=10,
    )
    if answer.json()["code"] != 20000:
        raise SystemExit(answer.text)


def main():
    with contextlib.ExitStack() as stack:
        contestants = {}
        for size in SIZES:
            made = stack.enter_context(suite(size))
            contestants |= {
                f"{size} files: pytest, the ten by name (floor)": made.named,
                f"{size} files: POST to the first running case": made.first_case,
                f"{size} files: pytest -m, collecting all": made.marked,
            }
        took = {name: [] for name in contestants}
        for _ in range(ROUNDS):
            for name, run in contestants.items():
                took[name].append(run())
    floor = next(iter(took.values()))
    for name, seconds in took.items():
        ratio = statistics.median(a / b for a, b in zip(seconds, floor, strict=True))
        print(f"  {name:48} {statistics.median(seconds):6.2f} s  x{ratio:.2f}")
