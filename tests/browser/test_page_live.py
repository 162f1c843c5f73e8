"""The page while things happen: real processes that are killed, many windows, connections that go and come."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests
from page_kit import look_again
from stage import LIMIT, SMALL, Hand, outpost

expect = pytest.importorskip(
    "playwright.sync_api", reason="the extra browser is not installed"
).expect

CLEAN = {name: text for name, text in os.environ.items() if not name.startswith("SISYPHUS_")}
#: five pass at once; the last waits until it is let go.
CASES = """
import pathlib, time
import pytest

def case(number):
    @pytest.mark.sisyphus(case_id=1000 + number)
    def test():
        if number == 6:
            while not pathlib.Path("go").exists():
                time.sleep(0.05)
    return test

for _n in range(1, 7):
    globals()[f"test_{_n}"] = case(_n)
"""
SIX = SMALL[:6]


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    with outpost(tmp_path_factory.mktemp("patient")) as made:
        yield made


def begun(service, name, env="st", cases=SIX):
    number = service.start(service.plan(name, cases), env=env)
    hand = Hand(service, number)
    hand.start()
    return number, hand


def test_a_killed_pytest_is_counted_down_closed_and_healed_by_its_spool(reader, tmp_path):
    (tmp_path / "test_six.py").write_text(CASES)
    with outpost(tmp_path, cases=SIX, lease=14) as service:
        number = service.start(service.plan("被杀", SIX), env="st")
        page = reader(base=service.base, token=service.token).open(f"/executions/{number}")
        page.get_by_role("button", name="生成令牌").click()
        expect(page.locator(".command pre")).to_contain_text("SISYPHUS_TOKEN='")
        line = page.locator(".command pre").inner_text()
        program = f"{sys.executable} -m pytest -n 2 -p no:cacheprovider"
        run = subprocess.Popen(
            ["sh", "-c", f"exec env {line.replace(' pytest ', f' {program} ')}"],
            cwd=tmp_path,
            env=CLEAN,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        expect(page.locator(".sentence")).to_contain_text("已完成 5/6")
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(10)

        said = page.locator(".sentence")
        expect(said).to_contain_text(
            re.compile(r"已 \d+ 秒没有响应，\d+ 秒后（\d\d:\d\d:\d\d）将被关闭")
        )
        expect(page.locator("h1.status")).to_have_text("回调异常")
        expect(said).to_have_text(re.compile("^1 个用例没有收到结果：执行机失联"))

        replay = [
            f"--sisyphus-replay={tmp_path / '.sisyphus/spool'}",
            f"--sisyphus-url={service.base}",
        ]
        token = re.search("SISYPHUS_TOKEN='([^']+)'", line)[1]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *replay],
            cwd=tmp_path,
            env={**CLEAN, "SISYPHUS_TOKEN": token},
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        assert done.returncode == 0, done.stdout
        look_again(page)
        expect(said).to_contain_text("结果已补齐")
        expect(said).to_contain_text("失败")
        assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


def test_a_killed_service_is_waited_for_while_its_pytest_goes_on(reader, tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "project/test_six.py").write_text(CASES)
    with Killable(tmp_path) as service:
        number = service.started_plan()
        visit = reader(token="", base=service.base, expected=["offline"])
        page = visit.open(f"/executions/{number}")
        expect(page.locator(".sentence")).to_contain_text("已完成 5/6")
        service.kill()
        expect(page.locator(".notice-bar")).to_contain_text("连接已断开")
        expect(page.get_by_role("button", name="取消执行")).to_have_attribute(
            "aria-disabled", "true"
        )
        (tmp_path / "project/go").touch()
        service.serve()
        expect(page.locator("h1.status")).to_have_text("成功")
        expect(page.locator(".notice-bar")).to_have_count(0)
        assert visit.loads == 1
        shown = page.locator("[data-row]").evaluate_all(
            "(all) => all.map((one) => +one.dataset.row)"
        )
        listed = service.get("execution/case/list", executionId=number)["list"]
        assert sorted(shown) == [row["id"] for row in listed]
        assert {row["status"] for row in listed} == {2}


class Killable:
    """`serve` as a process of its own, for everybody on this machine."""

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.port = 0

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.serve()
        return self

    def __exit__(self, *_exception):
        self.process.terminate()
        self.process.wait(30)

    def serve(self):
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "orchestrator", "serve", "--port", str(self.port)),
                *("--auth", "none", "--callback-secret", "s", "--sweep", "1"),
                *("--project-root", "project", "--data-dir", "data"),
                *("--database-url", "sqlite:///killed.sqlite3"),
            ],
            cwd=self.folder,
            env=CLEAN,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            with contextlib.suppress(requests.ConnectionError):
                self.get("execution/list")
                return
            time.sleep(0.1)
        raise AssertionError("the service does not answer")

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def get(self, path, **query):
        return self._data(requests.get(self._url(path), params=query, timeout=LIMIT))

    def post(self, path, body, **headers):
        return self._data(requests.post(self._url(path), json=body, headers=headers, timeout=LIMIT))

    def _url(self, path):
        return f"{self.base}/it/api/automation/{path}"

    @staticmethod
    def _data(answer):
        said = answer.json()
        assert said["code"] == 20000, said
        return said["data"]

    def started_plan(self):
        cases = [{"caseId": n, "caseTitle": f"用例 {n}"} for n in SIX]
        known = {"X-CALLBACK-SECRET": "s"}
        self.post("case/sync", {"projectId": 1, "cases": cases}, **known)
        plan = self.post("plan/save", {"projectId": 1, "planName": "六个", "cases": SIX})["plan_id"]
        return self.post("plan/run", {"planId": plan, "envCode": "st", "runMode": 1})["id"]


def test_seven_windows_of_one_run_all_move(reader, patient):
    number, hand = begun(patient, "七个窗口")
    visit = reader(base=patient.base, token=patient.token)
    pages = [visit.open(f"/executions/{number}") for _ in range(7)]
    for page in pages:
        expect(page.locator("h1.status")).to_have_text("执行中")
    hand.result(*SIX[:4])
    for page in pages:
        expect(page.locator(".count.good")).to_contain_text("4")
    deadline = time.monotonic() + LIMIT  # two that sat down at the same moment find out later
    said = []
    while sorted(said) != [0, 0, 0, 0, 1, 1, 1]:
        assert time.monotonic() < deadline, said
        pages[0].wait_for_timeout(100)
        said = [page.get_by_text("本窗口每 5 秒更新一次").count() for page in pages]

    pages[said.index(0)].close()  # its place is free for another
    visit.open("/executions").locator("[data-row]").first.wait_for()
    hand.result(*SIX[4:])
    hand.finish()
    for page in pages:
        if not page.is_closed():
            expect(page.locator("h1.status")).to_have_text("成功")


def test_a_run_that_only_sends_heartbeats_is_seen_to_live(reader, patient):
    number, hand = begun(patient, "心跳", env="uat")
    said = (
        reader(base=patient.base, token=patient.token)
        .open(f"/executions/{number}")
        .locator(".sentence")
    )
    expect(said).to_contain_text(re.compile(r"，[1-9]\d 秒前有响应|已 \d+ 秒没有响应"))
    deadline = time.monotonic() + LIMIT
    while not re.search("，[0-5] 秒前有响应", said.inner_text()):
        assert time.monotonic() < deadline
        hand.says("heartbeat")
        time.sleep(0.5)
    hand.result(*SIX)
    hand.finish()


def test_offline_is_said_and_over_without_losing_what_was_typed(reader, patient):
    plan = patient.plan("离线", SIX)
    visit = reader(base=patient.base, token=patient.token, expected=["offline"])
    page = visit.open(f"/run?plan={plan}&env=pre")
    page.get_by_label("触发备注").fill("发布前最后一次")
    visit.context.set_offline(True)
    page.get_by_role("button", name="执行 6 个用例").click()
    expect(page.get_by_role("alert")).to_have_text("无法连接服务。")
    expect(page.get_by_label("触发备注")).to_have_value("发布前最后一次")
    visit.context.set_offline(False)
    page.get_by_role("button", name="执行 6 个用例").click()
    page.wait_for_url(re.compile(r"/executions/\d+$"))
    number = int(page.url.rsplit("/", 1)[1])
    page.locator("[data-row]").first.wait_for()

    visit.context.set_offline(True)
    hand = Hand(patient, number)
    hand.start()
    hand.result(*SIX)
    hand.finish()
    page.locator("[data-search]").fill("用例 1003")
    expect(page.locator("[data-row]")).to_have_count(1)
    visit.context.set_offline(False)
    expect(page.locator("h1.status")).to_have_text("成功")
    expect(page.locator("[data-search]")).to_have_value("用例 1003")
    expect(page.locator("[data-row]")).to_have_count(1)


def test_an_execution_opened_without_a_connection_comes_by_itself(reader, patient):
    number, _ = begun(patient, "稍后", env="pre")
    visit = reader(base=patient.base, token=patient.token, expected=["offline"])
    page = visit.open("/executions")
    page.locator("[data-row]").first.wait_for()
    visit.context.set_offline(True)
    expect(page.locator(".notice-bar")).to_contain_text("连接已断开")
    page.locator(f"[data-row='{number}'] a").first.click()  # its modules are not there either
    page.wait_for_url(re.compile(r"/executions/\d+$"))
    visit.context.set_offline(False)
    expect(page.locator("h1.status")).to_have_text("执行中")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("status", [429, 503])
def test_a_stream_that_is_turned_away_waits_as_long_as_it_is_told(reader, patient, status):
    number, hand = begun(patient, f"繁忙 {status}", env=f"e{status}")
    page = reader(base=patient.base, token=patient.token, expected=[status]).context.new_page()
    asked, is_busy = [], True

    def answer(route):
        asked.append(time.monotonic())
        if not is_busy:
            route.continue_()
            return
        body = {"code": 50000, "msg": "稍后", "data": None}
        route.fulfill(status=status, headers={"Retry-After": "3"}, json=body)

    page.route("**/automation/execution/events*", answer)
    page.goto(f"{patient.base}/executions/{number}")
    expect(page.get_by_text(re.compile("服务繁忙，[1-3] 秒后自动重试"))).to_be_visible()
    is_busy = False
    hand.result(*SIX)
    hand.finish()
    expect(page.locator("h1.status")).to_have_text("成功")
    assert asked[1] - asked[0] > 2.5


def test_a_slow_network_shows_that_something_is_on_its_way(reader, patient):
    begun(patient, "慢", env="slow")
    page = reader(base=patient.base, token=patient.token).context.new_page()
    lists, seen = "**/automation/execution/list*", []
    page.route(lists, lambda route: seen.append(route) if not seen else route.continue_())
    with page.expect_request(lists):
        page.goto(f"{patient.base}/executions")
    expect(page.locator("main [aria-busy=true]")).to_be_attached()
    seen[0].continue_()
    expect(page.locator("[data-row]").first).to_be_visible()
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)


def test_the_language_changes_while_a_run_moves_and_is_remembered(reader, patient):
    number, hand = begun(patient, "换语言", env="lang")
    visit = reader(base=patient.base, token=patient.token)
    page = visit.open(f"/executions/{number}")
    expect(page.locator("h1.status")).to_have_text("执行中")
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1.status")).to_have_text("running")
    hand.result(*SIX)
    expect(page.locator(".sentence")).to_contain_text("6 of 6 done")
    hand.finish()
    expect(page.locator("h1.status")).to_have_text("passed")
    assert visit.loads == 1
    other = visit.open("/executions")
    expect(other.get_by_role("link", name="Executions", exact=True)).to_be_visible()


def test_rows_that_went_wrong_show_how_their_cases_ended_before_by_one_request(reader, patient):
    plan = patient.plan("反复", SIX)
    for bad in ([], SIX[:1], SIX[:3]):
        number = patient.start(plan, env="history")
        hand = Hand(patient, number)
        hand.start()
        hand.result(*[case for case in SIX if case not in bad])
        if bad:
            hand.result(*bad, status=3, errorMessage="AssertionError: 少了一件")
        hand.finish()
    asked = []
    page = reader(base=patient.base, token=patient.token).open("/executions")
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{patient.base}/executions/{number}")

    strips = page.locator("[data-row] .recent")
    expect(strips).to_have_count(3)
    row = page.locator("[data-row]", has=page.locator(".recent")).first
    assert row.locator("rect").evaluate_all(
        "all => all.map((one) => one.getAttribute('class'))"
    ) == ["run-2", "run-3", "run-3"]
    expect(row.get_by_role("img", name="最近 3 次执行中 1 次通过")).to_be_visible()
    assert len([url for url in asked if "/case/stability" in url]) == 1
    assert not [url for url in asked if "/case/history" in url or "/case/detail" in url]

    page.set_viewport_size({"width": 360, "height": 740})
    expect(strips.first).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 740})
    page.get_by_role("button", name="English").click()
    expect(row.get_by_role("img", name="1 of the last 3 runs passed")).to_be_visible()


def test_a_run_without_results_says_neither_that_steps_are_lost_nor_that_nothing_changed(
    reader, patient
):
    plan = patient.plan("还没有结果", SIX)
    before = patient.start(plan, env="early")
    hand = Hand(patient, before)
    hand.start()
    hand.result(*SIX)
    hand.finish()
    number = patient.start(plan, env="early")  # no machine takes it
    row = patient.get("/automation/execution/case/list", executionId=number)["list"][0]["id"]

    page = reader(base=patient.base, token=patient.token).open(
        f"/executions/{number}/cases/{row}?tab=steps"
    )

    expect(page.get_by_text("还没有执行完：结果到达后显示步骤")).to_be_visible()
    expect(page.locator(".changed")).to_contain_text("暂无变化")


def test_of_750_steps_only_those_in_sight_are_drawn(reader, patient):
    steps = [
        {
            "name": f"第 {n} 步",
            "status": "success" if n < 750 else "failed",
            "validations": [{"check": "eq", "passed": n < 750, "expected": 1, "actual": n}],
            "meta": {"type": "http", "location": f"cases/long.yaml:{n}", "duration": 0.01},
        }
        for n in range(1, 751)
    ]
    number, hand = begun(patient, "长用例", env="long")
    hand.result(
        SIX[0],
        status=3,
        errorMessage="AssertionError",
        exchanges=json.dumps({"steps": steps, "left_out": 0}),
    )
    hand.finish()
    row = patient.get("/automation/execution/case/list", executionId=number, status=3)["list"][0][
        "id"
    ]
    page = reader(base=patient.base, token=patient.token).open(
        f"/executions/{number}/cases/{row}?tab=steps"
    )
    heads = page.locator(".step-head")
    expect(heads).to_have_count(750)
    expect(page.locator(".step-body")).to_have_count(0)
    assert page.locator(".steps *").count() <= 750 * 14

    drawn = """all => all.map((one, n) => [n + 1, one.checkVisibility({ contentVisibilityAuto: true })])
        .filter(([, seen]) => seen).map(([n]) => n)"""
    first = heads.evaluate_all(drawn)
    assert 1 in first
    assert len(first) < 100

    heads.last.click()
    expect(page.locator(".step-body")).to_have_count(1)
    last = heads.evaluate_all(drawn)
    assert 750 in last
    assert 1 not in last
    assert len(last) < 100
