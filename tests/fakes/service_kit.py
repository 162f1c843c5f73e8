"""A service in a test: fakes that obey the ports, and a client that speaks the envelope."""

import atexit
import datetime as dt
import functools
import re
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
from asgi_client import Application
from made_once import share
from sqlalchemy import text

from orchestrator.app import create_app
from orchestrator.config.settings import Settings
from orchestrator.db import schema
from orchestrator.db.engine import Database
from orchestrator.runners.protocol import (
    Job,
    OnProcessStarted,
    OnRunEnded,
    Run,
    RunnerRefused,
    RunPhase,
    RunState,
    TriggerReceipt,
)
from orchestrator.secrets import Secret, digest
from orchestrator.store import tokens

share()

API = "/it/api/automation"
SECRET = "the-shared-secret"
TOKEN = "a-login-token"
USER = 8


class FakeClock:
    def __init__(self) -> None:
        self._now = dt.datetime(2025, 9, 20, 7, 30, tzinfo=dt.UTC)
        self._lock = threading.Lock()

    def now(self) -> dt.datetime:
        with self._lock:
            return self._now

    def forward(self, seconds: float) -> None:
        with self._lock:
            self._now += dt.timedelta(seconds=seconds)


class FakeRunner:
    """Takes every job (or refuses with a reason) and remembers what it was asked."""

    name = "fake"

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.canceled: list[int] = []
        self.refuses = ""
        self.receipt = TriggerReceipt(queue_id=321, message="http://jenkins/queue/item/321/")
        self.sightings: dict[int, RunState] = {}
        self.on_ended: OnRunEnded | None = None

    def start(self, on_ended: OnRunEnded) -> None:
        self.on_ended = on_ended

    def trigger(self, job: Job) -> TriggerReceipt:
        if self.refuses:
            raise RunnerRefused(self.refuses)
        self.jobs.append(job)
        return self.receipt

    def cancel(self, run: Run) -> None:
        self.canceled.append(run.execution_id)

    def state(self, run: Run) -> RunState:
        return self.sightings.get(run.execution_id, RunState(phase=RunPhase.ACTIVE))

    def close(self) -> None:
        pass


class FakeProcessRunner(FakeRunner):
    """Keeps its runs: what it triggered is held until somebody says that it is gone."""

    name = "keeper"

    def __init__(self) -> None:
        super().__init__()
        self.adopted: list[Run] = []
        #: processes that can be adopted.
        self.living: set[str] = set()
        self.on_process: OnProcessStarted | None = None

    def on_process_started(self, callback: OnProcessStarted) -> None:
        self.on_process = callback

    def adopt(self, run: Run) -> bool:
        self.adopted.append(run)
        return run.process in self.living

    def running(self) -> list[int]:
        return [job.execution_id for job in self.jobs]

    def exit_reason(self, execution_id: int) -> str:
        return "its last words"

    def state(self, run: Run) -> RunState:
        here = run.execution_id in self.running()
        return RunState(phase=RunPhase.ACTIVE if here else RunPhase.UNKNOWN)


@functools.cache
def _template() -> Path:
    """An empty SQLite database, migrated once for all tests of this process."""
    folder = Path(tempfile.mkdtemp(prefix="sisyphus-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder}/empty.sqlite3")
    schema.upgrade(database)
    database.close()
    return folder / "empty.sqlite3"


def sqlite_url(folder: Path) -> str:
    """A migrated SQLite database in the folder."""
    path = folder / "service.sqlite3"
    if not path.exists():
        shutil.copyfile(_template(), path)
    return f"sqlite:///{path}"


class Service:
    """A service behind a test client, as a frontend (`front`) and as a runner (`call`)."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.clock = options.pop("clock", None) or FakeClock()
        self.runner = options.pop("runner", None) or FakeRunner()
        self.url = options.get("database_url") or sqlite_url(folder)
        defaults = {
            "database_url": self.url,
            "callback_secret": Secret(SECRET),
            "project_root": folder,
            "sweep": 3600.0,
            "login_failures": 0,
        }
        settings = Settings(**(defaults | options))
        self.app = create_app(settings, runner=self.runner, clock=self.clock)
        self.asked = Application(self.app)

    def __enter__(self) -> "Service":
        self.asked.__enter__()
        self.app.state.services.sweeper.close()  # after its first; from here on a test says when
        with self.app.state.services.database.writing() as connection:
            if not connection.execute(text("SELECT 1 FROM static_token")).first():
                from sqlmodel import Session

                with Session(connection) as session:
                    tokens.add_token(session, digest(TOKEN), USER, "", self.clock.now())
                    session.flush()
        return self

    def __exit__(self, *args: Any) -> None:
        self.asked.__exit__(*args)
        if "database" in self.__dict__:
            self.database.close()

    @functools.cached_property
    def database(self) -> Database:
        """The tests' own way to it, open after the service's end, too."""
        return Database(self.url)

    @functools.cached_property
    def client(self) -> httpx2.Client:
        """Keeps cookies, follows redirects; `front` and `call` do without."""
        return httpx2.Client(
            transport=self.asked,
            base_url="http://localhost",
            headers={"user-agent": "testclient"},
            follow_redirects=True,
            trust_env=False,
        )

    def front(self, path: str, body: Any = None, **options: Any) -> dict[str, Any]:
        """POST a body, or GET with `query`; the envelope."""
        return self.front_response(path, body, **options).json()

    def front_data(self, path: str, body: Any = None, **options: Any) -> Any:
        """The data of an answer that must have some, a refused trigger's too."""
        envelope = self.front(path, body, **options)
        assert envelope["data"] is not None, envelope
        return envelope["data"]

    def front_response(self, path: str, body: Any = None, **options: Any) -> Any:
        headers = {"token": TOKEN, **options.get("headers", {})}
        if body is None:
            return self.asked.ask("GET", API + path, query=options.get("query"), headers=headers)
        return self.asked.ask("POST", API + path, body=body, headers=headers)

    def call(self, path: str, body: Any, *, token: str = "") -> Any:
        """An internal call, by the shared secret or by a token; the response."""
        headers = {"X-CALLBACK-TOKEN": token} if token else {"X-CALLBACK-SECRET": SECRET}
        return self.asked.ask("POST", API + path, body=body, headers=headers)

    def told(self, path: str, body: Any) -> dict[str, Any]:
        """An internal call that must succeed; its data."""
        response = self.call(path, body)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def catalog(self, *case_ids: int, project: int = 3) -> None:
        cases = [
            {
                "caseId": n,
                "caseKey": str(n),
                "caseTitle": f"case {n}",
                "pytestNodeid": f"t.yaml::{n}",
            }
            for n in case_ids
        ]
        self.told("/case/sync", {"projectId": project, "cases": cases})

    def plan(self, *case_ids: int, plan: int = 2001) -> None:
        """A plan of these cases, catalogued if they are not."""
        self.catalog(*case_ids)
        body = {"planId": plan, "projectId": 3, "planName": "p", "cases": list(case_ids)}
        assert self.front("/plan/save", body)["code"] == 20000

    def run_plan(self, *case_ids: int, **fields: Any) -> dict[str, Any]:
        """A plan of these cases, run; the execution's row."""
        self.plan(*case_ids)
        answer = self.front("/plan/run", {"planId": 2001, "envCode": "st", **fields})
        assert answer["code"] == 20000, answer
        return answer["data"]

    def started(self, *case_ids: int, **fields: Any) -> int:
        """An execution of these cases that pytest has started."""
        number = self.run_plan(*case_ids)["id"]
        self.told("/execution/start", {"executionId": number, **fields})
        return number

    def result(self, execution: int, case: int, status: int, **fields: Any) -> dict[str, Any]:
        body = {"executionId": execution, "caseId": case, "status": status, **fields}
        return self.told("/execution/case/result", body)

    def detail(self, execution: int) -> dict[str, Any]:
        return self.front_data("/execution/detail", query={"executionId": execution})

    def cases(self, execution: int) -> list[dict[str, Any]]:
        query = {"executionId": execution, "pageSize": 500}
        return self.front_data("/execution/case/list", query=query)["list"]

    def statuses(self, execution: int) -> list[int]:
        return [row["status"] for row in self.cases(execution)]

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.database.writing() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []


COUNTER_NAMES = (
    "pending_count",
    "running_count",
    "passed_count",
    "failed_count",
    "blocked_count",
    "skipped_count",
    "not_found_count",
    "canceled_count",
)


def counters(detail: dict[str, Any]) -> list[int]:
    return [detail[name] for name in COUNTER_NAMES]


def counted(statuses: list[int]) -> list[int]:
    return [statuses.count(status) for status in range(8)]


def until(condition: Any, seconds: float = 30) -> Any:
    """What `condition` gives once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
    return value


def metric(service, name):
    text = service.client.get("/metrics").text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])
