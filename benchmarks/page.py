"""The page at its limits: a run of 5,000 cases that moves, and a list of 100,000 executions.

    python -m benchmarks page [--cases 5000] [--moving 2000] [--rate 50] [--executions 100000]

In headless Chromium, on a page that is scrolled meanwhile. Frames are the times between two
`requestAnimationFrame`s, CPU is that of the page's own thread, which others' work does not move;
heap, nodes and listeners are what is left after a collection, the stream's bytes what came over the
network.
"""

import argparse
import shutil
import statistics
import tempfile
import threading
import time
import uuid
from contextlib import ExitStack
from pathlib import Path

import requests
from playwright.sync_api import sync_playwright

from benchmarks.ingest import API, SECRET, served
from benchmarks.lists import fill

WATCH = """() => {
  window.frames_ = []; window.long_ = [];
  let last = performance.now();
  const next = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(next); };
  requestAnimationFrame(next);
  new PerformanceObserver((all) => all.getEntries().forEach((one) => long_.push(one.duration)))
    .observe({ type: "longtask" });
}"""


def serving(folder, url):
    return served(
        [
            *("orchestrator", "serve", "--port", "0", "--auth", "none", "--runner", "external"),
            *("--callback-secret", SECRET["X-CALLBACK-SECRET"], "--data-dir", str(folder)),
            *("--database-url", url),
        ],
        folder,
    )


class Run:
    """An execution of many cases, and whoever runs it."""

    def __init__(self, base, cases):
        self.api = base + API
        self.session = requests.Session()
        self.cases = range(1, cases + 1)
        titles = [
            {
                "caseId": n,
                "caseKey": f"SHOP-{n:05}",
                "caseTitle": f"买家使用会员卡与优惠券下单：先计算会员折扣，第 {n} 种组合",
                "pytestNodeid": f"cases/orders/discounts_{n % 50:02}.yaml::组合 {n}",
            }
            for n in self.cases
        ]
        for i in range(0, cases, 1000):
            self.post("case/sync", {"projectId": 1, "cases": titles[i : i + 1000]}, **SECRET)
        body = {"projectId": 1, "planName": "五千个用例", "cases": list(self.cases)}
        plan = self.post("plan/save", body)["plan_id"]
        started = self.post("plan/run", {"planId": plan, "envCode": "st", "runMode": 1})
        self.id = started["id"]
        told = self.post("execution/token", {"executionId": self.id})
        self.runner = {"X-CALLBACK-TOKEN": told["callback_token"]}
        self.name = {"executionId": self.id, "runnerId": str(uuid.uuid4())}
        self.post("execution/start", self.name, **self.runner)

    def post(self, path, body, **headers):
        answer = self.session.post(f"{self.api}/{path}", json=body, headers=headers).json()
        assert answer["code"] == 20000, answer
        return answer["data"]

    def results(self, numbers, retries=0):
        for i in range(0, len(numbers), 500):
            results = [self.result(n, retries) for n in numbers[i : i + 500]]
            self.post("execution/case/result", {**self.name, "results": results}, **self.runner)

    @staticmethod
    def result(n, retries):
        """One in ten fails, with a long message."""
        bad = n % 10 == 0
        return {
            "caseId": n,
            "status": 3 if bad else 2,
            "durationSeconds": 0.25,
            "retryCount": retries,
            "errorMessage": f"期望 paid，实际 pending；订单 {n}：" + "明细" * 200 if bad else None,
            "ext": {"worker": f"gw{n % 4}"},
        }

    def brief(self):
        """Bytes of all rows, as they are and as they are sent."""
        query = {"executionId": self.id, "view": "brief", "pageSize": 5000}
        sizes = []
        for coding in ("identity", "gzip"):
            asked = self.session.get(
                f"{self.api}/execution/case/list",
                params=query,
                headers={"Accept-Encoding": coding},
                stream=True,
            )
            sizes.append(len(asked.raw.read(decode_content=False)))
        return sizes


def feed(run, numbers, rate, retries=0):
    """Ten times a second what belongs to it."""
    began, sent = time.monotonic(), 0
    while sent < len(numbers):
        due = min(len(numbers), int((time.monotonic() - began) * rate))
        if due > sent:
            run.results(numbers[sent:due], retries)
            sent = due
        time.sleep(0.1)


def moving(browser, folder, options):
    with ExitStack() as stack:
        server = stack.enter_context(serving(folder, f"sqlite:///{folder / 'run.sqlite3'}"))
        run = Run(server.base, options.cases)
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        stack.callback(context.close)
        page = context.new_page()
        protocol = context.new_cdp_session(page)
        protocol.send("Performance.enable", {"timeDomain": "threadTicks"})
        for domain in ("Network", "HeapProfiler"):
            protocol.send(f"{domain}.enable")
        streams, received = set(), [0]
        protocol.on(
            "Network.responseReceived",
            lambda said: (
                streams.add(said["requestId"])
                if said["type"] == "Fetch" and "events" in said["response"]["url"]
                else None
            ),
        )
        protocol.on(
            "Network.dataReceived",
            lambda said: (
                received.__setitem__(0, received[0] + said["dataLength"])
                if said["requestId"] in streams
                else None
            ),
        )
        began = time.monotonic()
        page.goto(f"{server.base}/executions/{run.id}")
        page.locator("[data-row]").first.wait_for()
        print(f"first rows of {options.cases} cases: {time.monotonic() - began:.2f} s")
        before = held(protocol)
        page.evaluate(WATCH)
        numbers = list(run.cases)[: options.moving]
        for name, work in (
            ("nothing moves", lambda: time.sleep(10)),
            (
                f"{options.moving} results, {options.rate} a second",
                lambda: feed(run, numbers, options.rate),
            ),
        ):
            page.evaluate("frames_.length = long_.length = 0")
            spent = measured(protocol)["TaskDuration"]
            scrolled_while(page, work)
            frames, tasks = page.evaluate("[frames_, long_]")
            spent = (measured(protocol)["TaskDuration"] - spent) / len(frames) * 1000
            print(f"{name}: {told(frames, tasks)}; {spent:.1f} ms of CPU a frame")
        print(f"before {before}; after {held(protocol)}")
        print(f"event stream: {received[0] / options.moving:.0f} bytes a result")
        for repeat in range(5):
            feed(run, numbers, 1000, repeat + 1)
            page.wait_for_timeout(500)
            print(f"  after {options.moving * (repeat + 2)} results: {held(protocol)}")
        run.results(list(run.cases)[options.moving :])
        raw, sent = run.brief()
        print(f"brief rows of all, one in ten failed: {raw / 1e6:.2f} MB, {sent / 1e6:.2f} MB sent")


def scrolled_while(page, work):
    worker = threading.Thread(target=work)
    worker.start()
    step = 0
    while worker.is_alive():
        page.mouse.wheel(0, 600 if step % 40 < 20 else -600)
        page.wait_for_timeout(100)
        step += 1


def told(frames, tasks):
    frames.sort()
    p95, p99 = (frames[int(len(frames) * part)] for part in (0.95, 0.99))
    return (
        f"frames median {statistics.median(frames):.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, "
        f"worst {frames[-1]:.0f} ms; tasks over 50 ms: {len(tasks)}, "
        f"the longest {max(tasks, default=0):.0f} ms"
    )


def measured(protocol):
    return {one["name"]: one["value"] for one in protocol.send("Performance.getMetrics")["metrics"]}


def held(protocol):
    """What is left after a collection: of a page that is long open none of it may grow."""
    protocol.send("HeapProfiler.collectGarbage")
    now = measured(protocol)
    return (
        f"{now['JSHeapUsedSize'] / 1e6:.1f} MB of heap, {now['Nodes']:.0f} nodes, "
        f"{now['JSEventListeners']:.0f} listeners"
    )


def listing(browser, folder, options):
    url = f"sqlite:///{folder / 'list.sqlite3'}"
    fill(url, options.executions)
    with ExitStack() as stack:
        server = stack.enter_context(serving(folder, url))
        context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        stack.callback(context.close)
        page = context.new_page()
        page.goto(f"{server.base}/executions")
        page.locator("[data-row]").first.wait_for()
        deep = options.executions // 50
        for name, path in (
            ("first view", "/executions"),
            ("keyword: a number", "/executions?q=10000000000050000"),
            ("keyword: nothing", "/executions?q=没有这样的"),
            ("deep page", f"/executions?page={deep}"),
            ("deep page of a filter", f"/executions?status=5&page={deep // 10}"),
        ):
            times = []
            for _ in range(7):
                began = time.monotonic()
                page.goto(f"{server.base}{path}")
                page.locator("[data-row], .state").first.wait_for()
                times.append(time.monotonic() - began)
            print(
                f"{name}: {statistics.median(times) * 1000:.0f} ms (worst {max(times) * 1000:.0f})"
            )


def main():
    parser = argparse.ArgumentParser(prog="benchmarks page")
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--moving", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--executions", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        moving(browser, Path(folder), options)
        listing(browser, Path(folder), options)
        browser.close()
