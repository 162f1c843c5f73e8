"""A server that behaves like Jenkins' remote API, as far as triggering and following builds goes.

Without a `command`, queue items and builds do what the test says (`start`, `finish`, `cancel_item`,
`forget`). With one, each build really runs it: parameters in the environment, console to a file,
`stop` sends SIGTERM to its group. `fault` makes it misbehave.
"""

import base64
import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

USER, TOKEN = "ci-bot", "jenkins-api-token"
LOGIN_PAGE = "<html><body>Sign in to Jenkins</body></html>"
NO_CRUMB = "<html>Error 403 No valid crumb was included in the request</html>"
_GRACE = 60.0
_PASSWORDS = {"CALLBACK_TOKEN"}
#: of a job as `deploy/` describes it.
PARAMETERS = {
    *("EXECUTION_ID", "CALLBACK_TOKEN", "PLATFORM_BASE_URL", "ENV_CODE", "RUN_MODE"),
    *("TRIGGER_TYPE", "TEST_TARGET", "SHARD_INDEX", "SHARD_TOTAL"),
}


@dataclasses.dataclass
class Fault:
    """One way of not answering; used up after `times` requests."""

    path: str
    method: str = ""
    times: int = 1
    status: int = 0
    body: str = "<html>Oops</html>"
    content_type: str = "text/html;charset=utf-8"
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    #: close the connection instead of an answer.
    reset: bool = False
    #: announce a whole answer, send half of it.
    half: bool = False
    #: do what was asked first, so that only the answer is lost.
    processed: bool = False
    #: seconds before anything is said.
    slow: float = 0.0


@dataclasses.dataclass
class Item:
    id: int
    job: str
    parameters: dict[str, str]
    why: str | None = "Waiting for next available executor"
    cancelled: bool = False
    number: int | None = None

    def document(self, url: str) -> dict[str, Any]:
        document: dict[str, Any] = {
            "_class": "hudson.model.Queue$WaitingItem",
            "id": self.id,
            "why": self.why,
            "url": f"queue/item/{self.id}/",
            "task": {"name": self.job.rpartition("/")[2], "url": f"{url}{job_path(self.job)}"},
            "actions": [_parameters(self.parameters), {}],
        }
        if self.why is None:
            document["_class"] = "hudson.model.Queue$LeftItem"
            document["cancelled"] = self.cancelled
            number = self.number
            document["executable"] = number and {
                "number": number,
                "url": f"{url}{job_path(self.job)}{number}/",
            }
        return document


@dataclasses.dataclass
class Build:
    job: str
    number: int
    item: Item
    result: str | None = None
    building: bool = True
    artifacts: list[str] = dataclasses.field(default_factory=list)
    plugins: list[str] = dataclasses.field(default_factory=list)
    console: Path | None = None
    stopped: threading.Event = dataclasses.field(default_factory=threading.Event)
    process: "subprocess.Popen[bytes] | None" = None

    def document(self, url: str) -> dict[str, Any]:
        return {
            "_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun",
            "number": self.number,
            "url": f"{url}{job_path(self.job)}{self.number}/",
            "building": self.building,
            "result": self.result,
            "queueId": self.item.id,
            "artifacts": [{"relativePath": path} for path in self.artifacts],
            "actions": [
                None,
                {},
                _parameters(self.item.parameters),
                *({"_class": name} for name in self.plugins),
            ],
        }


def job_path(name: str) -> str:
    return "".join(f"job/{quote(part, safe='')}/" for part in name.split("/"))


def _parameters(parameters: dict[str, str]) -> dict[str, Any]:
    """Like Jenkins, without the values of passwords."""
    return {
        "_class": "hudson.model.ParametersAction",
        "parameters": [
            {"name": name} if name in _PASSWORDS else {"name": name, "value": value}
            for name, value in parameters.items()
        ],
    }


class JenkinsServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *, jobs: Sequence[str] = ("pytest-auto-runner",), **options: Any) -> None:
        super().__init__(("127.0.0.1", options.pop("port", 0)), _Handler)
        self.jobs = set(jobs)
        #: the parameters that every job declares; None: any. Others are dropped, as by Jenkins.
        self.declared: set[str] | None = None
        #: the kind of the token's parameter.
        self.token_kind = "PasswordParameterDefinition"
        #: takes all builds of a job that wait for the same one, whatever they are told.
        self.merges = False
        self.crumbs: bool = options.pop("crumbs", False)
        self.crumb = "crumb-1"
        #: what a build runs in `workspace`; None: the test says what happens.
        self.command: Sequence[str] | None = options.pop("command", None)
        self.workspace: Path | None = options.pop("workspace", None)
        self.executors = threading.Semaphore(options.pop("executors", 2))
        self.next_item = options.pop("first_item", 321)
        self.next_number = options.pop("first_number", 108)
        assert not options, options
        self.items: dict[int, Item] = {}
        self.builds: dict[tuple[str, int], Build] = {}
        #: `(method, target, form, headers)` in order of arrival.
        self.requests: list[tuple[str, str, dict[str, str], dict[str, str]]] = []
        self.faults: list[Fault] = []
        self.lock = threading.RLock()
        self.threads: list[threading.Thread] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    # -- what tests say -------------------------------------------------------------------

    def fault(self, path: str, **how: Any) -> None:
        self.faults.append(Fault(path=path, **how))

    def asked(self, method: str, part: str) -> list[str]:
        return [t for m, t, _, _ in list(self.requests) if m == method and part in t]

    @property
    def triggers(self) -> list[str]:
        return self.asked("POST", "buildWithParameters")

    def queue(self, job: str, parameters: dict[str, str]) -> Item:
        """Identical builds that wait are one, as in Jenkins."""
        with self.lock:
            for item in self.items.values():
                is_same = self.merges or item.parameters == parameters
                if item.why and item.job == job and is_same:
                    return item
            item = self.items[self.next_item] = Item(self.next_item, job, parameters)
            self.next_item += 1
        if self.command:
            thread = threading.Thread(target=self._work, args=(item,))
            self.threads.append(thread)
            thread.start()
        return item

    def start(self, item: Item) -> Build:
        """The item leaves the queue and is a build."""
        with self.lock:
            build = Build(item.job, self.next_number, item)
            self.builds[item.job, build.number] = build
            self.next_number += 1
            item.why, item.number = None, build.number
        return build

    def finish(self, build: Build, result: str | None) -> None:
        with self.lock:
            build.building, build.result = False, result

    def cancel_item(self, item: Item) -> None:
        with self.lock:
            if item.why:
                item.why, item.cancelled = None, True

    def forget(self, item: Item) -> None:
        """As after five minutes."""
        with self.lock:
            del self.items[item.id]

    def close(self) -> None:
        """Nothing that a build started outlives this."""
        self.closing.set()
        for build in self.builds.values():
            build.stopped.set()
        for thread in self.threads:
            thread.join()
        self.shutdown()
        self.server_close()

    # -- builds that run -------------------------------------------------------------------

    def _work(self, item: Item) -> None:
        while not self.executors.acquire(timeout=0.05):
            if item.cancelled or self.closing.is_set():
                return
        try:
            with self.lock:
                if item.cancelled:
                    return
                build = self.start(item)
            self._run(build)
        finally:
            self.executors.release()

    def _run(self, build: Build) -> None:
        assert self.command is not None
        assert self.workspace is not None
        build.console = self.workspace / f".console-{build.number}"
        parameters = build.item.parameters
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SISYPHUS_")},
            **parameters,
            "BUILD_NUMBER": str(build.number),
            "BUILD_URL": f"{self.url}{job_path(build.job)}{build.number}/",
            "JOB_NAME": build.job,
        }
        command = [
            part.replace("$EXECUTION_ID", parameters["EXECUTION_ID"]) for part in self.command
        ]
        with build.console.open("wb") as console:
            process = build.process = subprocess.Popen(
                command,
                cwd=self.workspace,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            code = self._ended(build, process)
        result = "SUCCESS" if code == 0 else "FAILURE"
        self.finish(build, "ABORTED" if build.stopped.is_set() else result)

    def _ended(self, build: Build, process: "subprocess.Popen[bytes]") -> int:
        kill_at = None
        while process.poll() is None:
            if build.stopped.is_set() and kill_at is None:
                kill_at = time.monotonic() + _GRACE
                os.killpg(process.pid, signal.SIGTERM)
            if kill_at and time.monotonic() > kill_at:
                os.killpg(process.pid, signal.SIGKILL)
            build.stopped.wait(0.02) if kill_at is None else time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it left behind
        return process.wait()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: JenkinsServer
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base's name
        pass

    def do_GET(self) -> None:
        self._answer(self._read)

    def do_POST(self) -> None:
        self._answer(self._write)

    def _answer(self, handle: Any) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        self.server.requests.append((self.command, self.path, form, dict(self.headers)))
        fault = self._fault()
        if fault is None:
            self._send(*(self._refused() or handle(unquote_path(self.path), form)))
            return
        if fault.processed:
            handle(unquote_path(self.path), form)
        self.server.closing.wait(fault.slow)
        if fault.reset or (fault.slow and not fault.status):
            self.close_connection = True
            return
        self._send(
            fault.status or 200, fault.body, fault.content_type, half=fault.half, **fault.headers
        )

    def _fault(self) -> Fault | None:
        with self.server.lock:
            for fault in self.server.faults:
                fits = fault.times > 0 and fault.method in ("", self.command)
                if fits and re.search(fault.path, self.path):
                    fault.times -= 1
                    return fault
        return None

    def _refused(self) -> tuple[int, str] | None:
        expected = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            return 401, LOGIN_PAGE
        needs_crumb = self.server.crumbs and self.command == "POST"
        if needs_crumb and self.headers.get("Jenkins-Crumb") != self.server.crumb:
            return 403, NO_CRUMB
        return None

    def _read(self, path: str, _form: dict[str, str]) -> tuple[Any, ...]:
        server = self.server
        with server.lock:
            if path == "/crumbIssuer/api/json":
                crumb = {"crumb": server.crumb, "crumbRequestField": "Jenkins-Crumb"}
                return (200, crumb) if server.crumbs else (404, LOGIN_PAGE)
            if path == "/queue/api/json":
                return 200, {
                    "items": [i.document(server.url) for i in server.items.values() if i.why]
                }
            if found := re.fullmatch(r"/queue/item/(\d+)/api/json", path):
                item = server.items.get(int(found[1]))
                return (200, item.document(server.url)) if item else (404, "<html>Not Found</html>")
            job, rest = _job_of(path)
            if job in server.jobs and rest == "api/json":
                return 200, {"builds": self._builds(job), "property": self._properties()}
            return self._build(job, rest)

    def _properties(self) -> list[dict[str, Any]]:
        """A job has other properties too."""
        names = PARAMETERS if self.server.declared is None else self.server.declared
        kinds = {"CALLBACK_TOKEN": self.server.token_kind}
        declared = [
            {"name": name, "type": kinds.get(name, "StringParameterDefinition")}
            for name in sorted(names)
        ]
        kind = "hudson.model.ParametersDefinitionProperty"
        return [{"_class": "x"}, {"_class": kind, "parameterDefinitions": declared}]

    def _builds(self, job: str) -> list[dict[str, Any]]:
        """The newest, as many as the request's `{0,N}` says."""
        most = re.search(r"{0,(\d+)}", unquote(urlsplit(self.path).query))
        found = [b for b in self.server.builds.values() if b.job == job]
        newest = sorted(found, key=lambda b: -b.number)[: int(most[1]) if most else 100]
        return [b.document(self.server.url) for b in newest]

    def _build(self, job: str, rest: str) -> tuple[Any, ...]:
        number, _, what = rest.partition("/")
        build = self.server.builds.get((job, int(number))) if number.isdecimal() else None
        if build is None:
            return 404, "<html>Not Found</html>"
        if what == "api/json":
            return 200, build.document(self.server.url)
        if what in ("console", "consoleText") and build.console:
            return 200, build.console.read_text("utf-8", "replace"), "text/plain;charset=utf-8"
        return 404, "<html>Not Found</html>"

    def _write(self, path: str, form: dict[str, str]) -> tuple[Any, ...]:
        server = self.server
        if path == "/queue/cancelItem":
            item = server.items.get(int(form["id"]))
            if item:
                server.cancel_item(item)
            return 404, ""  # JENKINS-21311
        job, rest = _job_of(path)
        if job not in server.jobs:
            return 404, "<html>Not Found</html>"
        if rest == "buildWithParameters":
            declared = form.keys() if server.declared is None else server.declared
            item = server.queue(job, {n: text for n, text in form.items() if n in declared})
            return 201, "", "text/html", {"Location": f"{server.url}queue/item/{item.id}/"}
        number, _, what = rest.partition("/")
        if what == "stop":
            build = server.builds[job, int(number)]
            build.stopped.set()
            if not server.command:
                server.finish(build, "ABORTED")
            return 200, ""
        return 404, ""

    def _send(
        self,
        status: int,
        body: Any,
        content_type: str = "",
        more: dict[str, str] | None = None,
        *,
        half: bool = False,
        **headers: str,
    ) -> None:
        is_text = isinstance(body, str)
        data = (body if is_text else json.dumps(body)).encode()
        self.send_response(status)
        default = "text/html;charset=utf-8" if is_text else "application/json;charset=utf-8"
        self.send_header("Content-Type", content_type or default)
        self.send_header("X-Jenkins", "2.516.1")
        for name, value in ((more or {}) | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(data[: len(data) // 2] if half else data)
        self.close_connection = self.close_connection or half


def unquote_path(target: str) -> str:
    return urlsplit(target).path


def _job_of(path: str) -> tuple[str, str]:
    """`/job/team/job/x/108/stop` is `team/x` and `108/stop`."""
    parts, names = path.strip("/").split("/"), []
    while len(parts) > 1 and parts[0] == "job":
        names.append(unquote(parts[1]))
        parts = parts[2:]
    return "/".join(names), "/".join(parts)


@contextlib.contextmanager
def jenkins_server(**options: Any) -> Iterator[JenkinsServer]:
    server = JenkinsServer(**options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
