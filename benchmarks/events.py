"""500 listeners on one execution of 200 cases: what they get, how soon, and what stays behind"""

import asyncio
import json
import resource
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "fakes"))

from live_kit import live
from service_kit import API, TOKEN

LISTENERS, CASES = 500, 200


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    with tempfile.TemporaryDirectory() as folder, live(Path(folder)) as service:
        number = service.started(*range(1, CASES + 1))
        for round_no in range(3):
            before = _memory()
            _round(service, number if round_no == 0 else _another(service))
            print(f"   memory: {before:.0f} MB before, {_memory():.0f} MB after they left")


def _another(service):
    number = service.front("/plan/run", {"planId": 2001, "envCode": "st"})["data"]["id"]
    service.told("/execution/start", {"executionId": number})
    return number


def _round(service, number):
    feeds = service.app.state.feeds
    heard, sent = {}, {}
    thread = threading.Thread(target=lambda: asyncio.run(_listen(service, number, heard)))
    thread.start()
    while feeds.listeners() < LISTENERS:
        time.sleep(0.01)
    began = time.perf_counter()
    for case in range(1, CASES + 1):
        service.result(number, case, 2)
        sent[case] = time.perf_counter()
    service.told("/execution/finish", {"executionId": number})
    took = time.perf_counter() - began
    thread.join()
    late = [(at - sent[case]) * 1000 for got in heard.values() for case, at in got.items()]
    complete = sum(len(got) == CASES for got in heard.values())
    while len(feeds):
        time.sleep(0.01)
    print(
        f"{complete} of {LISTENERS} listeners saw all {CASES} outcomes; reported in "
        f"{took:.1f} s; an outcome came {statistics.median(late):.0f} ms (median), "
        f"{statistics.quantiles(late, n=100)[98]:.0f} ms (p99) after its report was answered"
    )


async def _listen(service, number, heard):
    await asyncio.gather(*(_one(service, number, heard, index) for index in range(LISTENERS)))


async def _one(service, number, heard, index):
    got = heard.setdefault(index, {})
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port, limit=2**20)
    path = f"{API}/execution/events?executionId={number}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\ntoken: {TOKEN}\r\n\r\n".encode())
    while (line := await reader.readline()) and line != b": end\n":
        if line.startswith(b"data: ") and b'"summary"' not in line:
            case = json.loads(line[6:])
            if case["status"] == 2:
                got.setdefault(case["case_id"], time.perf_counter())
    writer.close()


def _memory():
    """Megabytes in use now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
