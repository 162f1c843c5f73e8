"""A real service, its local runner and the market it tests: what the stories of the page look at."""

import contextlib
import dataclasses
import functools
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import requests

from orchestrator.app import create_app
from orchestrator.cli import tokens
from orchestrator.cli.demo.client import Platform
from orchestrator.cli.demo.hosted import address, free_socket, hosted
from orchestrator.cli.demo.shop import create_shop
from orchestrator.config.settings import Settings
from orchestrator.secrets import Secret
from orchestrator.status import TERMINAL

PROJECT = Path(__file__).parent / "market"
USER = 8
#: seconds that are waited for what must come, on a machine that does other things too.
LIMIT = 300
SECRET = "the-secret-of-the-stage"
#: how the market is when nothing else is said.
CALM = {
    "MARKET_COUPON": "",
    "MARKET_WAREHOUSE": "here",
    "MARKET_LABELS": "right",
    "MARKET_SECONDS": "0.1",
    "MARKET_HELD": "",
}
SMALL = [1001, 1002, 1003, 1004, 1005, 1006, 2001, 2002, 2003, 2004]
SHELVES = list(range(3001, 3041))


@dataclasses.dataclass
class Stage:
    base: str
    token: str
    settings: Settings

    def plan(self, name, cases, project=1):
        return self.post("/automation/plan/save", projectId=project, planName=name, cases=cases)[
            "plan_id"
        ]

    def start(self, plan, *, env="st", mode=1, **body):
        started = self.post("/automation/plan/run", planId=plan, envCode=env, runMode=mode, **body)
        return started["id"]

    def run(self, plan, *, market=None, **options):
        """To its end; the execution's number."""
        with market_is(market or {}):
            number = self.start(plan, **options)
            self.ended(number)
        return number

    def ended(self, number, seconds=LIMIT):
        return self.until(number, lambda row: row["status"] in TERMINAL, seconds)

    def until(self, number, condition, seconds=LIMIT):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            row = self.get("/automation/execution/detail", executionId=number)
            if condition(row):
                return row
            time.sleep(0.1)
        raise AssertionError(f"execution {number} stays {row}")

    def catalogue(self, cases, project=1):
        body = {"projectId": project, "cases": cases}
        url = f"{self.base}/it/api/automation/case/sync"
        answer = requests.post(url, json=body, headers={"X-CALLBACK-SECRET": SECRET}, timeout=LIMIT)
        assert answer.json()["code"] == 20000, answer.text

    @functools.cached_property
    def platform(self):
        """A connection that lies idle may be closed by the service at the moment at which it is used again."""
        made = Platform(self.base, self.token)
        made._session.headers["Connection"] = "close"
        return made

    def get(self, path, **query) -> Any:
        return self.platform.get(path, **query)

    def post(self, path, **body) -> Any:
        return self.platform.post(path, **body)


@dataclasses.dataclass(frozen=True)
class Past:
    """A calm run of ten cases, a bad one, forty shelves without labels; and their plans."""

    small: int
    shelves: int
    calm: int
    bad: int
    unlabelled: int

    @classmethod
    def of(cls, town):
        small, shelves = town.plan("回归", SMALL), town.plan("货架标签检查", SHELVES)
        calm = town.run(small)
        bad = town.run(small, market={"MARKET_WAREHOUSE": "away", "MARKET_COUPON": "TEN_PERCENT"})
        unlabelled = town.run(shelves, mode=2, market={"MARKET_LABELS": "wrong"})
        return cls(small, shelves, calm, bad, unlabelled)


@contextlib.contextmanager
def market_is(changes):
    """The local runner gives its pytest the service's own environment."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def held(folder):
    """What is started meanwhile does not end before this does, however long that takes."""
    stop = Path(folder, "held")
    stop.touch()
    try:
        with market_is({"MARKET_HELD": str(stop)}):
            yield
    finally:
        stop.unlink()


class Hand:
    """Somebody who runs an `external` execution by hand: what a pytest would say of it."""

    def __init__(self, stage, number):
        told = stage.post("/automation/execution/token", executionId=number)
        self.number = number
        self._base = f"{stage.base}/it/api/automation/execution"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["X-CALLBACK-TOKEN"] = told["callback_token"]
        self._session.headers["Connection"] = "close"  # see `platform`
        self._runner = {"executionId": number, "runnerId": str(uuid.uuid4())}

    def says(self, path, **body):
        sent = {**self._runner, **body}
        answer = self._session.post(f"{self._base}/{path}", json=sent, timeout=LIMIT).json()
        assert answer["code"] == 20000, answer
        return answer["data"]

    def start(self):
        return self.says("start")

    def result(self, *cases, status=2, **more):
        results = [{"caseId": case, "status": status, **more} for case in cases]
        return self.says("case/result", results=results)

    def finish(self):
        return self.says("finish", final=True)


class Machine(Hand):
    """A leg: what it leases it announces, and tells how it went."""

    @classmethod
    def fleet(cls, stage, name, machines, cases=SMALL):
        """An execution on so many machines, all of which have one token: its number, and they."""
        plan = stage.plan(name, cases)
        body = {"planId": plan, "envCode": "st", "shards": machines}
        number = stage.post("/automation/plan/run", **body)["id"]
        first = cls(stage, number)
        others = [cls.__new__(cls) for _ in range(machines - 1)]
        for i, other in enumerate(others):
            vars(other).update(vars(first))
            other._runner = {**first._runner, "runnerId": f"machine-{i}-{number}"}
        return number, [first, *others]

    def join(self, **fields):
        return self.says("start", slots=1, **fields)

    def lease(self, nth=0):
        """The same again if it is asked for again."""
        return self.says("case/lease", leaseId=f"{nth}-{self._runner['runnerId']}")["items"]

    def tell(self, row, status, **fields):
        said = {"executionCaseId": row, "status": status, **fields}
        assert self.says("case/result", results=[said])["rejected"] == []


@contextlib.contextmanager
def outpost(folder: Path, *, cases=SMALL, **options):
    """A service whose executions wait for a hand; a few cases are in its catalogue."""
    service = free_socket()
    folder.mkdir(exist_ok=True)
    settings = Settings(
        port=service.getsockname()[1],
        database_url=f"sqlite:///{folder / 'outpost.sqlite3'}",
        callback_secret=Secret(SECRET),
        data_dir=folder / "data",
        runner="external",
        sweep=1,
        **options,
    )
    app = create_app(settings)
    token = tokens.add(settings, USER, "测试工程师").reveal()
    base = address(service)
    made = Stage(base=base, token=token, settings=settings)
    with hosted(app, service):
        made.catalogue(
            [{"caseId": n, "caseKey": f"K-{n}", "caseTitle": f"用例 {n}"} for n in cases]
        )
        yield made


@contextlib.contextmanager
def stage(folder: Path, *, permissions=None, port=0, **options):
    shop, service = free_socket(), free_socket(port)
    settings = Settings(
        port=service.getsockname()[1],
        database_url=f"sqlite:///{folder / 'stage.sqlite3'}",
        project_root=PROJECT,
        callback_secret=Secret(SECRET),
        data_dir=folder / "data",
        sweep=1,
        **options,
    )
    app = create_app(settings)
    token = tokens.add(settings, USER, "测试工程师", permissions).reveal()
    surroundings = {**CALM, "MARKET_URL": address(shop), "PYTHONDONTWRITEBYTECODE": "1"}
    with (
        market_is(surroundings),
        hosted(create_shop(), shop),
        hosted(app, service),
    ):
        base = address(service)
        made = Stage(base=base, token=token, settings=settings)
        _sync(base)
        yield made


def _sync(base):
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "--sisyphus-sync"]
    done = subprocess.run(
        [*command, "--sisyphus-project=1", f"--sisyphus-url={base}", "-p", "no:cacheprovider"],
        cwd=PROJECT,
        env={**os.environ, "SISYPHUS_SECRET": SECRET},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
