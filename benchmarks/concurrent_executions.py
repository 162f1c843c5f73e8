"""Many executions report at once to several service processes on one database.

    python benchmarks/concurrent_executions.py --database-url postgresql://postgres@127.0.0.1/test
        [--executions 200] [--cases 20] [--processes 2]

The database must be empty (it is migrated by the services). Every call of an execution goes to
another process than the one before. Ends with exit code 1 unless every execution ended right and
every counter equals its rows.
"""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

SECRET = {"X-CALLBACK-SECRET": "benchmark"}
COUNTERS = ("pending", "running", "passed", "failed", "blocked", "skipped", "notFound", "canceled")
LOCAL = threading.local()


def serve(url, folder, number):
    stderr = (folder / f"stderr-{number}").open("wb")
    clean = {name: text for name, text in os.environ.items() if not name.startswith("SISYPHUS_")}
    clean["SISYPHUS_LANG"] = "en"  # what it says is looked for
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "orchestrator", "serve", "--port", "0", "--auth", "none"),
            *("--runner", "external", "--callback-secret", "benchmark", "--database-url", url),
        ],
        cwd=folder,
        env=clean,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    while line := process.stdout.readline():
        if found := re.search(r"listening on (\S+)", line):
            return process, found[1]
    raise SystemExit((folder / f"stderr-{number}").read_text())


def session():
    if not hasattr(LOCAL, "session"):
        LOCAL.session = requests.Session()
        LOCAL.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=4))
    return LOCAL.session


class Load:
    def __init__(self, bases, cases):
        self.bases = bases
        self.cases = cases
        self.seconds = []
        self.repeated = 0

    def call(self, turn, path, body):
        url = f"{self.bases[turn % len(self.bases)]}/automation{path}"
        headers = {**SECRET, "Idempotency-Key": str(body.get("envCode", ""))}
        began = time.perf_counter()
        answer = self.answered(url, json=body, headers=headers, timeout=120)
        self.seconds.append(time.perf_counter() - began)
        document = answer.json()
        if document["code"] != 20000:
            raise SystemExit(f"{path}: {answer.status_code} {document}")
        return document["data"]

    def answered(self, url, **what):
        """As the plugin does: what met a connection that the server just closed is said again."""
        for _ in range(10):
            with contextlib.suppress(requests.ConnectionError):
                return session().post(url, **what)
            self.repeated += 1
        raise SystemExit(f"{url}: no answer in 10 tries")

    def run(self, number):
        """One execution from its request to its end; `(id, wanted status)`."""
        row = self.call(number, "/plan/run", {"planId": 1, "envCode": f"e{number}"})
        execution, fails = {"executionId": row["id"]}, number % 3 == 0
        self.call(number + 1, "/execution/start", {**execution, "runnerId": f"r{number}"})
        for case in range(1, self.cases + 1):
            turn = number + case
            self.call(turn, "/execution/case/result", {**execution, "caseId": case, "status": 1})
            result = {**execution, "caseId": case, "status": 3 if fails and case == 1 else 2}
            result["resultId"] = f"{number}/{case}"
            self.call(turn + 1, "/execution/case/result", result)
        end = self.call(number, "/execution/finish", {**execution, "counts": {}})
        return row["id"], row["execution_no"], end["execution_status"], 5 if fails else 4


def verified(base, cases, ended):
    """How many executions are not as they should be."""
    wrong = len(ended) - len({number for _, number, _, _ in ended})
    for execution, _, status, wanted in ended:
        query = {"executionId": execution, "pageSize": 500}
        detail = session().get(f"{base}/automation/execution/detail", params=query).json()["data"]
        rows = session().get(f"{base}/automation/execution/case/list", params=query).json()["data"]
        found = [row["status"] for row in rows["list"]]
        counts = [detail["summary"][name] for name in COUNTERS]
        right = [found.count(n) for n in range(8)] == counts and len(found) == cases
        wrong += not (status == wanted == detail["status"] and right)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--executions", type=int, default=200)
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        services = [serve(given.database_url, Path(folder), n) for n in range(given.processes)]
        try:
            load = Load([base for _, base in services], given.cases)
            cases = [{"caseId": n, "caseKey": str(n)} for n in range(1, given.cases + 1)]
            load.call(0, "/case/sync", {"projectId": 1, "cases": cases})
            plan = {
                "planId": 1,
                "projectId": 1,
                "planName": "p",
                "cases": list(range(1, given.cases + 1)),
            }
            load.call(0, "/plan/save", plan)
            load.seconds.clear()
            began = time.perf_counter()
            with ThreadPoolExecutor(given.executions) as pool:
                ended = list(pool.map(load.run, range(given.executions)))
            took = time.perf_counter() - began
            wrong = verified(load.bases[0], given.cases, ended)
        finally:
            for process, _ in services:
                process.terminate()
                process.wait(30)
                process.stdout.close()
    times = sorted(load.seconds)
    median, slow = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.99))
    what = f"{len(ended)} executions of {given.cases} cases, {given.processes} processes"
    print(f"{what}, {wrong} wrong")
    print(f"{len(times)} calls in {took:.1f} s ({len(times) / took:.0f} a second)")
    print(f"median {median:.0f} ms, p99 {slow:.0f} ms; {load.repeated} said twice")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
