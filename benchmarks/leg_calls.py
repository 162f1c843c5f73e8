"""The calls of 16 machines that share a queue, against one service.

    python -m benchmarks leg_calls [--database-url URL] [--cases 10000] [--legs 16] [--seconds 0]

Each leg leases, announces each case, waits for so many seconds as a test would, and tells the
outcome with the next announcement. With 0 seconds the calls come as fast as the service answers.
The rows are compared with what was sent.
"""

import argparse
import json
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.ingest import API, SECRET, served


class Calls:
    """One connection; how long each call took, by its path.

    Who is sent away (503: the database is too slow for so many) comes again, as pytest does.
    """

    def __init__(self, port, took, away=None):
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._took = took
        self._away = Counter() if away is None else away

    def data(self, path, **body):
        began = time.perf_counter()
        status, answer = self._answer(path, body)
        while status == 503:
            self._away[path] += 1
            time.sleep(1)
            status, answer = self._answer(path, body)
        self._took.setdefault(path, []).append(time.perf_counter() - began)
        if answer["code"] != 20000:
            raise SystemExit(f"{path}: {answer}")
        return answer["data"]

    def _answer(self, path, body):
        self._connection.request(
            "POST", API + path, json.dumps(body), {**SECRET, "Content-Type": "application/json"}
        )
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())


def run_leg(calls, execution, name, seconds, begun):
    leg = {"executionId": execution, "runnerId": name}
    calls.data("/execution/start", **leg, slots=1)
    untold, leases = [], 0
    while True:
        leases += 1
        leased = calls.data("/execution/case/lease", **leg, leaseId=str(leases))
        if leased["drained"]:
            break
        time.sleep(leased["wait_seconds"])
        for row in leased["items"]:
            said = [*untold, {"executionCaseId": row, "status": 1}]
            answer = calls.data("/execution/case/result", **leg, results=said)
            if answer["rejected"]:
                raise SystemExit(f"rejected: {answer}")
            begun[row] += 1
            time.sleep(seconds)
            untold = [{"executionCaseId": row, "status": 2, "durationSeconds": seconds}]
    if untold:
        calls.data("/execution/case/result", **leg, results=untold)
    calls.data("/execution/finish", **leg, counts={}, final=True)


def planned(calls, cases):
    for first in range(1, cases + 1, 1000):
        numbers = range(first, min(first + 1000, cases + 1))
        rows = [
            {
                "caseId": n,
                "caseKey": str(n),
                "caseTitle": f"case {n}",
                "pytestNodeid": f"{n // 8}.py::{n}",
            }
            for n in numbers
        ]
        calls.data("/case/sync", projectId=1, cases=rows)
    plan = {"planId": cases, "planName": "p", "projectId": 1, "cases": [*range(1, cases + 1)]}
    calls.data("/plan/save", **plan)


@contextmanager
def service(options):
    with tempfile.TemporaryDirectory() as folder:
        url = options.database_url or f"sqlite:///{folder}/legs.sqlite3"
        command = ["orchestrator", "serve", "--port", "0", "--runner", "external"]
        command += ["--auth", "none", "--callback-secret", "benchmark", "--database-url", url]
        with served(command, Path(folder)) as server:
            yield server


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--database-url")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--legs", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=0.0)
    options = parser.parse_args()
    with service(options) as server:
        took, begun, away = {}, Counter(), Counter()
        planned(Calls(server.port, {}), options.cases)
        body = {"planId": options.cases, "envCode": "e", "shards": options.legs}
        execution = Calls(server.port, took).data("/plan/run", **body)["id"]
        threads = [
            threading.Thread(
                target=run_leg,
                args=(
                    Calls(server.port, took, away),
                    execution,
                    f"leg-{n}",
                    options.seconds,
                    begun,
                ),
            )
            for n in range(options.legs)
        ]
        before, began = server.cpu(), time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall, cpu = time.perf_counter() - began, server.cpu() - before
        (row,) = [Calls(server.port, {}).data("/execution/poll", executionId=execution)]
    print(f"  {options.cases} cases, {options.legs} legs: {wall:.1f} s, service {cpu:.1f} s of CPU")
    for path, times in took.items():
        times.sort()
        p50, p99 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.99))
        print(f"  {path:28} {len(times):6} calls   p50 {p50:7.1f} ms   p99 {p99:7.1f} ms")
    if away:
        print(f"  answered 503, and asked again: {dict(away)}; fewer legs, or a quicker database")
    right = row["status"] == 4 and len(begun) == options.cases and set(begun.values()) == {1}
    print(f"  every case begun once and passed: {'yes' if right else 'NO'}")
    return 0 if right else 1


if __name__ == "__main__":
    raise SystemExit(main())
