"""Results: a second's worth of results of 16 runners, against the floors of the same run.

    python -m benchmarks ingest [--database-url URL] [--rounds 3] [--results 4000] [--cases 10 1000]

Every result replaces the one before it (a higher `retryCount`), so each is a row to be written. The
rows and the counters are compared with what was sent after each round. Other servers are asked in
turns; a ratio is that to the floor of the same round. The database of the URL gets tables and rows.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

API = "/it/api/automation"
SECRET = {"X-CALLBACK-SECRET": "benchmark"}
COUNTERS = ("pending", "running", "passed", "failed", "blocked", "skipped", "notFound", "canceled")
TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def served(command, folder):
    clean = {name: text for name, text in os.environ.items() if not name.startswith("SISYPHUS_")}
    clean["SISYPHUS_LANG"] = "en"  # what it says is looked for
    with (folder / "stderr.log").open("ab") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=clean,
        )
        try:
            while line := process.stdout.readline():
                if found := re.search(r"listening on (http://[^/\s]+)", line):
                    yield Server(process.pid, found[1])
                    return
            raise SystemExit((folder / "stderr.log").read_text())
        finally:
            process.terminate()
            process.wait(30)
            process.stdout.close()


class Server:
    def __init__(self, pid, base):
        self.pid = pid
        self.base = base
        self.port = int(base.rpartition(":")[2])

    def cpu(self):
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICKS


class Round:
    """What one round of calls took."""

    def __init__(self, results, wall, cpu, times):
        self.rate = results / wall
        self.cpu = cpu / results * 1e6
        times.sort()
        self.p50, self.p99, self.worst = (
            times[min(len(times) - 1, int(len(times) * share))] * 1000 for share in (0.5, 0.99, 1)
        )


async def _talk(port, requests_, times):
    """One connection, one request after the other; every answer must be a success."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for request in requests_:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])
            body = await reader.readexactly(length)
            times.append(time.perf_counter() - began)
            if not head.startswith(b"HTTP/1.1 200") or b'"code":20000' not in body.replace(
                b" ", b""
            ):
                raise SystemExit(f"{head.decode()}{body[:500].decode()}")
    finally:
        writer.close()


def posted(path, body, token):
    data = json.dumps(body, separators=(",", ":")).encode()
    head = (
        f"POST {API}{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-CALLBACK-TOKEN: {token}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def load(server, streams, results):
    """The requests of each stream over a connection of its own, all at once."""
    times = []

    async def all_of_them():
        await asyncio.gather(*(_talk(server.port, stream, times) for stream in streams))

    before, began = server.cpu(), time.perf_counter()
    asyncio.run(all_of_them())
    return Round(results, time.perf_counter() - began, server.cpu() - before, times)


class Runs:
    """Started executions of our service: one for each connection, or one large one for all."""

    def __init__(self, server, cases, connections):
        self.server = server
        self.cases = cases
        self.attempt = 0
        many = cases < connections
        self.executions = [self._started(n) for n in range(connections if many else 1)]
        self.share = connections if not many else 1

    def call(self, path, body):
        answer = requests.post(
            self.server.base + API + path, json=body, headers=SECRET, timeout=300
        )
        document = answer.json()
        if document["code"] != 20000:
            raise SystemExit(f"{path}: {document}")
        return document["data"]

    def _started(self, number):
        if not number:
            self._planned()
        row = self.call("/plan/run", {"planId": self.cases, "envCode": f"e{number}"})
        told = {"executionId": row["id"]}
        token = self.call("/execution/token", told)["callback_token"]
        self.call("/execution/start", told)
        query = {**told, "pageSize": 500}
        rows = []
        while len(rows) < self.cases:
            query["pageNo"] = len(rows) // 500 + 1
            url = self.server.base + API + "/execution/case/list"
            rows += requests.get(url, params=query, timeout=60).json()["data"]["list"]
        return row["id"], token, [(one["id"], one["case_id"]) for one in rows]

    def _planned(self):
        numbers = [self.cases * 100_000 + n for n in range(1, self.cases + 1)]
        for i in range(0, len(numbers), 1000):
            cases = [{"caseId": n, "caseKey": str(n)} for n in numbers[i : i + 1000]]
            self.call("/case/sync", {"projectId": 1, "cases": cases})
        plan = {"planId": self.cases, "projectId": 1, "planName": "p", "cases": numbers}
        self.call("/plan/save", plan)

    def streams(self, results, connections, batch=1):
        """Requests for each connection; no two connections speak of the same case."""
        self.attempt += 1
        made = []
        for number in range(connections):
            execution, token, rows = self.executions[number % len(self.executions)]
            mine = rows[number :: self.share] if self.share > 1 else rows
            made.append(self._stream(execution, token, mine, results // connections, batch))
        return made

    def _stream(self, execution, token, rows, results, batch):
        said = []
        for n in range(results):
            row, case = rows[n % len(rows)]
            retry = self.attempt * 100_000 + n // len(rows)
            said.append(
                {
                    "executionCaseId": row,
                    "caseId": case,
                    "status": 2 + n % 2,
                    "pytestNodeid": f"tests/test_{case}.yaml::case",
                    "errorMessage": "expected 200 but got 500" if n % 2 else "",
                    "durationSeconds": 0.123,
                    "retryCount": retry,
                    "resultId": f"{row}/{retry}",
                    "ext": {"attempt": retry},
                }
            )
            self.last[row] = (2 + n % 2, retry)
        head = {"executionId": execution}
        if batch == 1:
            return [posted("/execution/case/result", head | one, token) for one in said]
        return [
            posted("/execution/case/result", head | {"results": said[i : i + batch]}, token)
            for i in range(0, len(said), batch)
        ]

    @property
    def last(self):
        return self.__dict__.setdefault("_last", {})

    def verified(self):
        """How many rows or counters are not what was sent last."""
        wrong = 0
        for execution, _, rows in self.executions:
            found, page = {}, 1
            while len(found) < len(rows):
                query = {"executionId": execution, "pageSize": 500, "pageNo": page}
                answer = self.get("/execution/case/list", query)
                found |= {one["id"]: (one["status"], one["retry_count"]) for one in answer["list"]}
                page += 1
            wrong += sum(found[row] != last for row, last in self.last.items() if row in found)
            summary = self.get("/execution/detail", {"executionId": execution})["summary"]
            counted = [status for status, _ in found.values()]
            wrong += [counted.count(n) for n in range(8)] != [summary[name] for name in COUNTERS]
        return wrong

    def get(self, path, query):
        return requests.get(self.server.base + API + path, params=query, timeout=60).json()["data"]


def shown(name, rounds, floors):
    """One line: medians, and the ratio of each round to the floor of that round."""
    rate = statistics.median(one.rate for one in rounds)
    middle = {key: statistics.median(getattr(one, key) for one in rounds) for key in ("p50", "p99")}
    ratios = sorted(a.rate / b.rate for a, b in zip(rounds, floors, strict=True))
    spread = f"{statistics.median(ratios):.3f} ({ratios[0]:.3f}-{ratios[-1]:.3f})"
    cpu = statistics.median(one.cpu for one in rounds)
    print(
        f"  {name:34} {rate:8.0f} results/s  p50 {middle['p50']:6.1f}  p99 {middle['p99']:6.1f} ms"
        f"  worst {max(one.worst for one in rounds):6.0f} ms  {cpu:6.0f} us CPU  x{spread}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", default="")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=int, default=4000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--cases", type=int, nargs="+", default=[10, 1000, 20_000])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        url = given.database_url or f"sqlite:///{folder}/service.sqlite3"
        floor_url = given.database_url or f"sqlite:///{folder}/floor.sqlite3"
        floor_url = floor_url.replace("postgresql:", "postgresql+psycopg:")
        constant, grouped, ours = (
            stack.enter_context(served(command, folder))
            for command in (
                ("benchmarks.floors", "constant", floor_url),
                ("benchmarks.floors", "grouped", floor_url),
                (
                    *("orchestrator", "serve", "--port", "0", "--auth", "none"),
                    *("--runner", "external", "--callback-secret", "benchmark"),
                    *("--database-url", url, "--project-root", str(folder)),
                ),
            )
        )
        wrong = compared(given, constant, grouped, ours)
        print(f"  rows or counters that are not what was sent: {wrong}")
    return 1 if wrong else 0


def compared(given, constant, grouped, ours):
    runs = {cases: Runs(ours, cases, given.connections) for cases in given.cases}
    first = runs[given.cases[0]]
    n, connections = given.results, given.connections
    took = {}
    for number in range(given.rounds + 1):  # the first warms up
        for name, server, source, batch in (
            ("a constant answer", constant, first, 1),
            ("grouped Core writes", grouped, first, 1),
            *((f"ours, {cases} cases", ours, run, 1) for cases, run in runs.items()),
            ("grouped Core writes, batches of 100", grouped, first, 100),
            *((f"ours, {c} cases, batches of 100", ours, run, 100) for c, run in runs.items()),
        ):
            results = n * (5 if batch > 1 else 1)
            streams = source.streams(results, connections, batch)
            sent = results // connections * connections
            took.setdefault(name, []).append(load(server, streams, sent))
        for name in took if not number else ():
            took[name].clear()
    floors = {1: took["grouped Core writes"], 100: took["grouped Core writes, batches of 100"]}
    for name, rounds in took.items():
        shown(name, rounds, floors[100 if name.endswith("100") else 1])
    return sum(run.verified() for run in runs.values())


if __name__ == "__main__":
    sys.exit(main())
