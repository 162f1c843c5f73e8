"""An orchestrator in memory that obeys the internal endpoints, and misbehaves as it is told to.

`fail(path, *answers)` queues misbehaviours for the next calls of that path; when the queue is
empty it behaves again. `forever` keeps the last one.
"""

import collections
import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PREFIX = "/it/api"
PULL = "/automation/execution/case/pull"
START = "/automation/execution/start"
HEARTBEAT = "/automation/execution/heartbeat"
RESULT = "/automation/execution/case/result"
FINISH = "/automation/execution/finish"
ABORT = "/automation/execution/abort"
SYNC = "/automation/case/sync"

SHOWN = (
    "executionCaseId",
    "planCaseId",
    "caseId",
    "caseKey",
    "caseTitle",
    "runOrder",
    "pytestNodeid",
    "status",
)
TERMINAL = range(2, 8)
REAL = {2, 3, 5, 6}

Misbehaviour = Callable[["Handler"], bool]


class ReplyError(Exception):
    def __init__(self, status: int, code: int, msg: str, data: Any = None) -> None:
        self.status, self.code, self.msg, self.data = status, code, msg, data
        super().__init__(msg)


class Row(dict[str, Any]):
    """A case of the execution as `case/pull` shows it, plus what was reported of it."""


class ScriptedOrchestrator:
    def __init__(self) -> None:
        self.token, self.secret = "callback-token-canary", "shared-secret-canary"
        self.execution_id, self.status, self.run_mode, self.env_code = 13, 2, 1, "st"
        self.number = "AE20250920153500123"
        #: whose exchanges it says that it keeps; empty: an older one, which says nothing.
        self.keeps = ""
        self.runner: str | None = None
        self.rows: list[Row] = []
        #: cases that a sync disables; the first is named.
        self.disabled: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.page_size = 500
        #: every call that arrived, answered or not.
        self.calls: list[tuple[str, dict[str, Any]]] = []
        #: results that were stored, by their sender-made id.
        self.results: dict[str, dict[str, Any]] = {}
        self.repeated: list[str] = []
        self.catalogue: dict[str, Any] | None = None
        #: called with the path and body of every call, before it is answered.
        self.on_call: Callable[[str, Mapping[str, Any]], None] = lambda path, body: None
        self.on_headers: Callable[[Mapping[str, str]], None] = lambda headers: None
        self._script: dict[str, collections.deque[Misbehaviour]] = collections.defaultdict(
            collections.deque
        )
        self._always: dict[str, Misbehaviour] = {}
        self._lock = threading.RLock()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    # what a test sets up

    def want(self, *cases: Mapping[str, Any] | int, run_mode: int = 1) -> None:
        """Cases by number, or with the fields of an item of `case/pull`."""
        self.run_mode = run_mode
        for order, case in enumerate(cases, start=1):
            fields = {"caseId": case} if isinstance(case, int) else dict(case)
            self.rows.append(
                Row(
                    {
                        "executionCaseId": 100 + order,
                        "planCaseId": 5000 + order,
                        "caseId": 1000 + order,
                        "caseKey": str(fields.get("caseId", 1000 + order)),
                        "caseTitle": f"case {order}",
                        "runOrder": order,
                        "pytestNodeid": None,
                        "status": 0,
                        **fields,
                    }
                )
            )

    def fail(self, path: str, *misbehaviours: Misbehaviour) -> None:
        self._script[path].extend(misbehaviours)

    def always(self, path: str, misbehaviour: Misbehaviour) -> None:
        self._always[path] = misbehaviour

    def heal(self) -> None:
        self._script.clear()
        self._always.clear()

    # what a test looks at

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def statuses(self) -> dict[int, int]:
        return {row["caseId"]: row["status"] for row in self.rows}

    def row(self, case_id: int) -> Row:
        return next(row for row in self.rows if row["caseId"] == case_id)

    def final(self, case_id: int) -> dict[str, Any]:
        """The one terminal result that was reported of a case."""
        finals = self.finals(case_id)
        assert len(finals) == 1, finals
        return finals[0]

    def finals(self, case_id: int) -> list[dict[str, Any]]:
        return [
            result
            for result in self.results.values()
            if result["status"] != 1 and result["caseId"] == case_id
        ]

    def paths(self) -> list[str]:
        return [path for path, _ in self.calls]

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [body for called, body in self.calls if called == path]

    def started_order(self) -> list[int]:
        return [result["caseId"] for result in self.results.values() if result["status"] == 1]

    # life

    def __enter__(self) -> "ScriptedOrchestrator":
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()

    def listen(self) -> None:
        """On the port it had before, so that an outage can end."""
        handler = type("BoundHandler", (Handler,), {"orchestrator": self})
        self._server = Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def vanish(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    # the endpoints

    def misbehaviour(self, path: str) -> Misbehaviour | None:
        with self._lock:
            if self._script[path]:
                return self._script[path].popleft()
            return self._always.get(path)

    def answer(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Any:
        with self._lock:
            if path == SYNC:
                return self._sync(body, headers)
            self._admit(body, headers)
            endpoint = self.endpoints().get(path)
            if endpoint is None:
                raise ReplyError(404, 40400, "no such path")
            return {**endpoint(body), "execution_status": self.status}

    def endpoints(self) -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        return {
            PULL: self._pull,
            START: self._start,
            HEARTBEAT: lambda _: {},
            RESULT: self._result,
            FINISH: self._finish,
            ABORT: self._abort,
        }

    def _admit(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        known = {headers.get("X-CALLBACK-TOKEN") == self.token}
        if True not in known and headers.get("X-CALLBACK-SECRET") != self.secret:
            raise ReplyError(403, 40004, "callback token missing or wrong")
        if str(body.get("executionId")) != str(self.execution_id):
            raise ReplyError(200, 40011, "未查询到对应执行记录")

    def _pull(self, query: Mapping[str, Any]) -> dict[str, Any]:
        size = min(int(query.get("pageSize", 500)), self.page_size)
        first = (int(query.get("pageNo", 1)) - 1) * size
        rows = [{name: row[name] for name in SHOWN} for row in self.rows[first : first + size]]
        return {
            "executionId": self.execution_id,
            "executionNo": self.number,
            "triggerType": 2,
            "projectId": 3,
            "planId": 2001,
            "planRoundNo": 1,
            "envCode": self.env_code,
            "runMode": self.run_mode,
            **({"keepExchanges": self.keeps} if self.keeps else {}),
            "status": self.status,
            "items": rows,
            "total": len(self.rows),
        }

    def _start(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if self.status > 3:
            raise ReplyError(409, 40010, "already finished", {"status": self.status})
        if self.runner not in {None, body.get("runnerId")}:
            raise ReplyError(409, 40010, "another runner holds the execution")
        self.runner, self.status = body.get("runnerId"), 3
        return {}

    def _result(self, body: Mapping[str, Any]) -> dict[str, Any]:
        rejected = []
        for result in body.get("results", [body]):
            row = next(
                (r for r in self.rows if r["executionCaseId"] == result.get("executionCaseId")),
                None,
            )
            if row is None:
                rejected.append(
                    {"execution_case_id": result.get("executionCaseId"), "reason": "unknown"}
                )
            else:
                self._store(row, result)
        return {"rejected": rejected}

    def _store(self, row: Row, result: dict[str, Any]) -> None:
        if result["resultId"] in self.results:
            self.repeated.append(result["resultId"])
            return
        self.results[result["resultId"]] = result
        healed = row["status"] == 7 and result["status"] in REAL
        retried = result.get("retryCount", 0) > row.get("retryCount", 0)
        if row["status"] not in TERMINAL or healed or (retried and result["status"] in TERMINAL):
            row.update(status=result["status"], retryCount=result.get("retryCount", 0))

    def _finish(self, body: Mapping[str, Any]) -> dict[str, Any]:
        missing = [row for row in self.rows if row["status"] not in TERMINAL]
        if missing and "counts" in body and not body.get("final"):
            return {"missing": [{"execution_case_id": r["executionCaseId"]} for r in missing]}
        if self.status <= 3:
            well = all(row["status"] in {2, 5} for row in self.rows)
            self.status = 8 if missing else 4 if well else 5
        return {"missing": []}

    def _abort(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self.cancel(int(body.get("status") or 6))
        return {}

    def cancel(self, status: int = 6) -> None:
        with self._lock:
            if self.status <= 3:
                self.status = status
                for row in self.rows:
                    if row["status"] not in TERMINAL:
                        row["status"] = 7

    def _sync(self, body: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
        if headers.get("X-CALLBACK-SECRET") != self.secret:
            raise ReplyError(403, 40004, "shared secret missing or wrong")
        self.catalogue = body
        counts = {"created": len(body["cases"]), "updated": 0, "disabled": len(self.disabled)}
        return {**counts, "disabled_cases": self.disabled[:1], "rejected": self.refused}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that were reset, or left, are part of the script."""


class Handler(BaseHTTPRequestHandler):
    orchestrator: ScriptedOrchestrator
    protocol_version = "HTTP/1.1"
    #: the answer is held back as one piece: headers and body in two would meet delayed ACKs.
    wbufsize = -1

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self._serve(url.path.removeprefix(PREFIX), query)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        self._serve(self.path.removeprefix(PREFIX), body)

    def _serve(self, path: str, body: dict[str, Any]) -> None:
        self.body = body
        self.endpoint = path
        self.orchestrator.calls.append((path, body))
        self.orchestrator.on_headers(self.headers)
        self.orchestrator.on_call(path, body)
        misbehaviour = self.orchestrator.misbehaviour(path)
        if misbehaviour is not None and misbehaviour(self):
            return
        self.behave()

    def behave(self) -> None:
        self.send(*self.process())

    def process(self) -> tuple[int, dict[str, Any]]:
        try:
            data = self.orchestrator.answer(self.endpoint, self.body, self.headers)
        except ReplyError as reply:
            return reply.status, {"code": reply.code, "msg": reply.msg, "data": reply.data}
        return 200, {"code": 20000, "msg": "success", "data": data}

    def send(self, status: int, body: Any, **headers: str) -> None:
        self.send_text(status, json.dumps(body), **headers)

    def send_text(self, status: int, text: str, **headers: str) -> None:
        payload = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()

    def cut_off(self) -> None:
        """A reset, not a polite end."""
        linger = struct.pack("ii", 1, 0)
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: Any) -> None:
        """Silent."""


# misbehaviours


def status(code: int, *, envelope_code: int = 50000, **headers: str) -> Misbehaviour:
    def misbehave(handler: Handler) -> bool:
        handler.send(code, {"code": envelope_code, "msg": "told to fail", "data": None}, **headers)
        return True

    return misbehave


def reset(handler: Handler) -> bool:
    handler.cut_off()
    return True


def answer_lost(handler: Handler) -> bool:
    """Processed, but the sender never hears of it."""
    handler.process()
    handler.cut_off()
    return True


def login_page(handler: Handler) -> bool:
    handler.send_text(200, "<html>please log in</html>", Content_Type="text/html")
    return True


def nonsense(handler: Handler) -> bool:
    """JSON, an envelope even, but of the wrong shapes all through."""
    handler.send(200, {"code": 20000, "msg": None, "data": {"rejected": 7, "missing": {"a": []}}})
    return True


def says(data: Any, *, code: Any = 20000) -> Misbehaviour:
    """An envelope as ours, around anything."""

    def misbehave(handler: Handler) -> bool:
        handler.send(200, {"code": code, "msg": "success", "data": data})
        return True

    return misbehave


def text(body: str, status: int = 200, **headers: str) -> Misbehaviour:
    def misbehave(handler: Handler) -> bool:
        handler.send_text(status, body, **headers)
        return True

    return misbehave


def raw(*pieces: bytes, pause: float = 0.0) -> Misbehaviour:
    """These bytes, and the end of the connection."""

    def misbehave(handler: Handler) -> bool:
        with contextlib.suppress(OSError):
            for piece in pieces:
                handler.wfile.write(piece)
                handler.wfile.flush()
                time.sleep(pause)
        handler.close_connection = True
        return True

    return misbehave


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#: answers that are no answers, however they look.
GARBAGE: Mapping[str, Misbehaviour] = {
    "nothing": raw(b""),
    "no HTTP": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "half a header": raw(b"HTTP/1.1 200 OK\r\nContent-"),
    "half a body": raw(_OK + b'Content-Length: 900\r\n\r\n{"code": 20000, "data": {'),
    "a length that is none": raw(_OK + b"Content-Length: many\r\n\r\n{}"),
    "a chunk that is none": raw(_OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    "no gzip": text("{}", Content_Encoding="gzip"),
    "no brotli": text("\x00\x01", Content_Encoding="br"),
    "headers of another world": raw(b"HTTP/1.1 200 OK\r\n\xff\xfe: \x00\x01\r\n\r\n{}"),
    "no UTF-8": raw(_OK + b'Content-Length: 2\r\n\r\n\xff"'),
    "nested beyond reading": text("[" * 200_000),
    "nested data": text('{"code": 20000, "data": ' + "[" * 200_000),
    "a number of 10 000 digits": text('{"code": 20000, "data": ' + "9" * 10_000 + "}"),
    "a code beyond all numbers": text('{"code": 1e999, "data": {}}'),
    "a number beyond all": text('{"code": 20000, "data": {"executionId": 13, "total": 1e999}}'),
    "no number": text('{"code": NaN, "data": {}}'),
    "a status of another world": text("{}", status=799),
    "a wait beyond all clocks": text("{}", status=503, Retry_After="1e300"),
    "a wait that is no number": text("{}", status=503, Retry_After="nan"),
    "a wait until the year 9999": text(
        "{}", status=503, Retry_After="Fri, 31 Dec 9999 23:59:59 -2359"
    ),
    "null": text("null"),
    "a list": text("[1, 2]"),
    "an empty body": text(""),
    "a msg that is none": says(None, code=["a", {"b": 1}]),
    **{
        f"success with {data!r}": says(data)
        for data in (None, [], {}, "ok", 7, True, {"execution_status": "3"}, {"id": 1})
    },
}


def hang(release: threading.Event) -> Misbehaviour:
    def misbehave(handler: Handler) -> bool:
        release.wait(30)
        handler.cut_off()
        return True

    return misbehave


@contextlib.contextmanager
def scripted() -> Iterator[ScriptedOrchestrator]:
    with ScriptedOrchestrator() as orchestrator:
        yield orchestrator
