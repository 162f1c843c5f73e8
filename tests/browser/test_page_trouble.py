"""The page when things go wrong: runners that fall silent, services that end, hostile words."""

import re

import pytest
from page_kit import look_again, until
from stage import SECRET, SMALL, Hand, Stage, outpost

from orchestrator.app import create_app
from orchestrator.cli import tokens
from orchestrator.cli.demo.hosted import address, free_socket, hosted
from orchestrator.clock import SystemClock
from orchestrator.config.settings import Settings
from orchestrator.db.engine import Database
from orchestrator.executions.retention import prune
from orchestrator.runners.artifacts import Artifacts
from orchestrator.secrets import Secret

expect = pytest.importorskip(
    "playwright.sync_api", reason="the extra browser is not installed"
).expect

HOSTILE = [
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "\u202etxt.exe\u202c\u2066",
    "长" * 10_000,
    '"><a href="http://evil.test/">here</a>',
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
]


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    """A service whose runner is whoever comes; a silent one is given up after five seconds."""
    with outpost(tmp_path_factory.mktemp("remote"), lease=5) as made:
        yield made


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    with outpost(tmp_path_factory.mktemp("patient")) as made:
        yield made


def started(service, name, cases=SMALL, env="st"):
    number = service.start(service.plan(name, cases), env=env)
    return number, Hand(service, number)


def test_a_runner_that_is_heard_is_counted(reader, patient):
    number, hand = started(patient, "有响应", env="heard")
    page = reader(base=patient.base, token=patient.token).open(f"/executions/{number}")
    expect(page.locator(".sentence")).to_have_text("等待有人运行下面的命令")
    hand.start()
    hand.result(*SMALL[:7])
    expect(page.locator(".sentence")).to_contain_text("已完成 7/10")
    hand.result(SMALL[7])
    expect(page.locator(".sentence")).to_have_text(re.compile(r"已完成 8/10，\d+ 秒前有响应"))


def test_a_silent_runner_is_closed_and_healed(reader, remote):
    number, hand = started(remote, "失联")
    page = reader(base=remote.base, token=remote.token).open(f"/executions/{number}")
    expect(page.locator(".sentence")).to_have_text("等待有人运行下面的命令")
    hand.start()
    hand.result(*SMALL[:7])

    expect(page.locator("h1.status")).to_have_text("回调异常")
    expect(page.locator(".sentence")).to_contain_text("3 个用例没有收到结果：执行机失联")
    expect(page.locator("[data-row] .why .status", has_text="未收到结果")).to_have_count(3)
    expect(page.locator(".counts-row")).to_contain_text("阻塞 0")
    page.get_by_role("button", name="未收到结果 3").click()
    expect(page.locator("[data-row]")).to_have_count(3)
    page.get_by_role("button", name="未收到结果 3").click()
    expect(page.get_by_role("button", name="已恢复")).to_have_count(0)

    said = page.locator(".sentence")
    look_again(page)
    hand.result(SMALL[7])
    expect(said).to_have_text(re.compile("^3 个用例没有收到结果：执行机失联.*。之后补到 1 个$"))
    page.get_by_role("button", name="English").click()
    expect(said).to_have_text(re.compile("^No result came for 3 cases: .*; 1 arrived later$"))

    hand.result(*SMALL[8:])
    expect(said).to_have_text(
        re.compile("; 3 arrived later. Results complete since .+: passed; the status stays$"),
    )
    page.get_by_role("button", name="中文").click()
    expect(said).to_have_text(
        re.compile(
            "^3 个用例没有收到结果：执行机失联.*。之后补到 3 个。结果已补齐（.+），结论为成功"
        )
    )
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1
    expect(page.locator("h1.status")).to_have_text("回调异常")
    expect(page.locator(".count.good")).to_contain_text("10")


def test_what_waits_for_a_hand_shows_the_command(reader, patient):
    number, _ = started(patient, "等待运行", env="uat")
    page = reader(base=patient.base, token=patient.token).open(f"/executions/{number}")
    expect(page.locator(".command pre")).to_contain_text(f"--sisyphus-execution={number}")
    page.goto(f"{patient.base}/queue")
    expect(page.locator(f"[data-row='{number}']")).to_contain_text("等待有人运行")


def test_a_service_that_comes_again_goes_on_where_it_was(reader, tmp_path):
    listener = free_socket()
    settings = Settings(
        port=listener.getsockname()[1],
        database_url=f"sqlite:///{tmp_path / 'again.sqlite3'}",
        callback_secret=Secret(SECRET),
        data_dir=tmp_path / "data",
        runner="external",
    )
    base = address(listener)
    with hosted(create_app(settings), listener):
        token = tokens.add(settings, 8, "测试工程师").reveal()
        service = Stage(base=base, token=token, settings=settings)
        service.catalogue([{"caseId": n, "caseTitle": f"用例 {n}"} for n in SMALL])
        number, hand = started(service, "重启")
        hand.start()
        hand.result(*SMALL[:3])
        visit = reader(base=base, token=token, expected=["offline"])
        page = visit.open(f"/executions/{number}")
        expect(page.locator(".count.good")).to_contain_text("3")
    expect(page.locator(".notice-bar")).to_contain_text("连接已断开")
    with hosted(create_app(settings), free_socket(settings.port)):
        hand.result(*SMALL[3:])
        hand.finish()
        # gone where the page has tried again by itself in the meantime
        again = page.locator("button", has_text="立即重试")
        again.evaluate_all("(buttons) => buttons.forEach((one) => one.click())")
        expect(page.locator("h1.status")).to_have_text("成功")
        expect(page.locator(".count.good")).to_contain_text("10")
        assert visit.loads == 1
        ids = page.locator("[data-row]").evaluate_all("(all) => all.map((one) => one.dataset.row)")
        listed = service.get("/automation/execution/case/list", executionId=number)["list"]
        assert sorted(map(int, ids)) == [row["id"] for row in listed]


def test_a_busy_service_is_asked_again(reader, patient):
    page = reader(base=patient.base, token=patient.token, expected=[503]).context.new_page()
    is_busy = True

    def answer(route):
        if not is_busy:
            route.continue_()
            return
        body = {"code": 50000, "msg": "服务繁忙，请稍后重试", "data": None}
        route.fulfill(status=503, headers={"Retry-After": "2"}, json=body)

    page.route("**/automation/execution/list*", answer)
    page.goto(f"{patient.base}/executions")
    expect(page.get_by_text("服务繁忙")).to_be_visible()
    is_busy = False
    expect(page.locator("[data-row], .state").first).to_be_visible()


def test_a_proxys_page_is_not_taken_for_an_answer(reader, patient):
    page = reader(base=patient.base, token=patient.token).context.new_page()
    page.route(
        "**/automation/execution/list*",
        lambda route: route.fulfill(
            status=200, body="<html>sign in</html>", content_type="text/html"
        ),
    )
    page.goto(f"{patient.base}/executions")
    expect(page.get_by_role("alert")).to_contain_text("收到的不是服务的响应")
    page.unroute("**/automation/execution/list*")
    page.get_by_role("button", name="重试").click()
    expect(page.locator("[data-row], .state").first).to_be_visible()


def test_who_may_only_look_is_told_so(reader, patient):
    number, hand = started(patient, "只看")
    hand.start()
    token = tokens.add(patient.settings, 9, "访客", "view").reveal()
    visit = reader(base=patient.base, token=token, expected=[403])
    page = visit.open(f"/executions/{number}")
    button = page.get_by_role("button", name="取消执行")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", "没有该操作的权限：执行")
    button.click(force=True)
    expect(page.get_by_role("dialog")).to_have_count(0)
    refused = page.evaluate(
        """(number) => fetch("/it/api/automation/execution/cancel", {
          method: "POST", body: JSON.stringify({ executionId: number }),
          headers: { "X-Sisyphus-Page": "1", "Content-Type": "application/json" },
        }).then((answer) => answer.status)""",
        number,
    )
    assert refused == 403
    page.goto(f"{patient.base}/plans")
    visit.settled(page)
    expect(page.get_by_role("link", name="新建计划")).to_have_count(0)


def test_who_may_not_even_look_is_told_what_is_missing(reader, patient):
    token = tokens.add(patient.settings, 10, "执行机", "run").reveal()
    page = reader(base=patient.base, token=token, expected=[403], lang="en").open("/executions")
    expect(page.get_by_role("alert")).to_contain_text("You may not do this: view")


def test_an_execution_that_is_pruned_meanwhile_says_so(reader, patient):
    number, hand = started(patient, "清理")
    hand.start()
    hand.result(*SMALL)
    hand.finish()
    page = reader(base=patient.base, token=patient.token).open(f"/executions/{number}")
    expect(page.locator("h1.status")).to_have_text("成功")
    settings = patient.settings
    prune(
        Database(settings.database_url),
        Artifacts(settings.files_root.resolve()),
        SystemClock(),
        older_than=0,
        keep=0,
        say=lambda _line: None,
    )
    page.locator("[data-row] a").first.click()
    expect(page.locator(".drawer").get_by_role("alert")).to_be_visible()
    page.reload()
    expect(page.get_by_text(f"没有执行记录 {number}，可能已被清理")).to_be_visible()


def test_an_address_that_is_none_is_said_to_be_none(reader, patient):
    page = reader(base=patient.base, token=patient.token, lang="en", expected=[404]).open("/nope")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="Open the executions").click()
    expect(page).to_have_url(f"{patient.base}/executions")


def test_what_the_service_refuses_is_said_in_the_readers_language(reader, patient):
    visit = reader(base=patient.base, token=patient.token, lang="en")
    page = visit.open("/run?case=x")
    expect(page.get_by_role("alert")).to_contain_text("caseIds must be a whole number")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("alert")).to_contain_text("caseIds 必须为整数")


@pytest.mark.parametrize("address", ["/plans/99999", "/run?plan=99999"])
def test_a_plan_that_is_none_is_said_to_be_none(reader, patient, address):
    page = reader(base=patient.base, token=patient.token, lang="en").open(address)
    expect(page.get_by_role("heading", name="There is no plan 99999")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("main").get_by_role("link", name="Plans").click()
    expect(page).to_have_url(f"{patient.base}/plans")


def test_a_case_that_was_canceled_while_it_ran_is_not_said_not_to_have_run(reader, patient):
    number, hand = started(patient, "中途", SMALL[:1])
    hand.start()
    hand.result(*SMALL[:1], status=1)
    patient.post("/automation/execution/cancel", executionId=number)
    page = reader(base=patient.base, token=patient.token, lang="en").open(f"/executions/{number}")
    expect(page.locator(".sentence")).to_contain_text("1 case did not finish")


def test_what_the_service_says_to_a_start_is_read_at_the_execution(reader, patient):
    def warned(route):
        assert route.request.headers["accept-language"].startswith("en")
        said = route.fetch().json()
        said["data"]["warnings"] = ["The revision 7 is not that of the execution, 8"]
        route.fulfill(json=said)

    plan = patient.plan("提醒", SMALL[:2])
    page = reader(base=patient.base, token=patient.token, lang="en").context.new_page()
    page.route("**/automation/plan/run", warned)
    page.goto(f"{patient.base}/run?plan={plan}&env=warn")
    page.get_by_role("button", name="Run 2 cases").click()
    expect(page.get_by_text("The revision 7 is not that of the execution, 8")).to_be_visible()


def test_a_new_plan_says_whose_it_is(reader, patient):
    patient.catalogue([{"caseId": 7001, "caseTitle": "仓库盘点"}], project=2)
    page = reader(base=patient.base, token=patient.token).open("/plans/new?project=1")
    page.get_by_label("计划名称").fill("不是这个项目的")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    project = page.locator(".fields select")
    project.select_option("2")
    expect(project).to_have_value("1")
    assert len(asked) == 1
    page.get_by_label("计划名称").fill("")
    project.select_option("2")
    page.get_by_role("button", name="加入 仓库盘点").click()
    expect(project).to_have_value("2")
    page.get_by_label("计划名称").fill("盘点计划")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(r"/plans/\d+$"))
    plan = int(page.url.rsplit("/", 1)[1])
    assert patient.get("/automation/plan/detail", planId=plan)["project_id"] == 2


def test_hostile_words_stay_words(reader, patient):
    patient.catalogue(
        [
            {
                "caseId": 9000 + n,
                "caseKey": text[:200],
                "caseTitle": text[:500],
                "tags": [text[:60]],
                "pytestNodeid": text[:900],
            }
            for n, text in enumerate(HOSTILE)
        ]
    )
    plan = patient.plan(HOSTILE[0], [9000 + n for n in range(len(HOSTILE))])
    number = patient.start(plan, env="st", remark=HOSTILE[1])
    hand = Hand(patient, number)
    hand.start()
    for n, text in enumerate(HOSTILE):
        steps = [{"name": text, "status": "failed", "meta": {"location": text}}]
        hand.result(
            9000 + n,
            status=3,
            errorMessage=f"{text}\0",
            stackTrace=text,
            ext={"steps": steps, "worker": text[:40], "items": [text]},
            reportUrl="http://ok.test/",
        )
    hand.finish()
    visit = reader(base=patient.base, token=patient.token)
    page = visit.open(f"/executions/{number}")
    expect(page.locator("[data-row]")).to_have_count(len(HOSTILE))
    for view in ("causes", "timeline", "facts"):
        page.goto(f"{patient.base}/executions/{number}?view={view}")
        expect(page.locator(".tabs").first).to_be_visible()
    page.goto(f"{patient.base}/executions/{number}")
    page.locator("[data-row] a").first.click()
    page.set_viewport_size({"width": 360, "height": 740})
    for tab in ("堆栈", "历史", "尝试", "步骤"):
        page.locator(".drawer .tabs").get_by_role("link", name=tab).click()
        expect(page.locator(".drawer-body > :not([aria-busy])").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab
    page.set_viewport_size({"width": 1280, "height": 740})
    for path in (
        "/executions",
        "/cases",
        "/plans",
        f"/plans/{plan}",
        f"/plans/{plan}/edit",
        "/cases/9003",
    ):
        page.goto(patient.base + path)
        visit.settled(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert page.title() != "owned"
    assert page.locator("img, iframe, a[href^='javascript']").count() == 0


def test_a_console_of_fifty_megabytes_is_read_from_its_end(reader, town, past):
    folder = Artifacts(town.settings.files_root.resolve()).console(past.calm)
    with folder.open("ab") as file:
        for n in range(50):
            file.write(f"block {n} ".encode() + b"\x1b[31mx\x1b[0m" * 100_000 + b"\n")
        file.write("最后一行\n".encode())
    page = reader().open(f"/executions/{past.calm}")
    expect(page.locator("[data-row]").first).to_be_visible()
    asked = []
    page.on("request", lambda request: "/console?" in request.url and asked.append(request.url))
    page.get_by_role("link", name="控制台").click()
    expect(page.get_by_text("最后一行")).to_be_visible()
    assert [re.search(r"tail=(\d+)", one)[1] for one in asked] == ["65536"]
    box = page.locator(".console .text")
    box.evaluate("(one) => { one.scrollTop = 0; }")
    page.get_by_role("button", name=re.compile("加载更早的内容")).click()
    until(page, "(one) => one.scrollTop > 0", box.element_handle())


def test_a_line_of_a_console_has_an_address(reader, town, past):
    console = Artifacts(town.settings.files_root.resolve()).console(past.unlabelled)
    console.write_text("".join(f"line {n} {'x' * 300}\n" for n in range(1, 3001)), "utf-8")
    page = reader().open(f"/executions/{past.unlabelled}?view=console&line=1200")
    chosen = page.locator(".line.chosen")
    expect(chosen).to_have_text(re.compile("^line 1200 "))
    expect(chosen).to_be_in_viewport()
    expect(page.get_by_text(re.compile("^line 3000 "))).to_have_count(0)
    page.get_by_role("button", name=re.compile("加载更早的内容")).click()
    expect(page.get_by_text(re.compile("^line 1000 "))).to_have_count(1)
    page.get_by_role("button", name=re.compile("加载更晚的内容")).click()
    expect(page.get_by_text(re.compile("^line 2200 "))).to_have_count(1)

    page.get_by_role("link", name="第 1202 行").click()
    page.wait_for_url(re.compile("view=console&line=1202$"))
    expect(chosen).to_have_text(re.compile("^line 1202 "))
    page.go_back()
    expect(chosen).to_have_text(re.compile("^line 1200 "))

    page.locator(".console .text").focus()
    page.keyboard.press("End")
    page.wait_for_url(re.compile("view=console$"))
    expect(page.get_by_text(re.compile("^line 3000 "))).to_be_in_viewport()
    expect(chosen).to_have_count(0)
    page.get_by_label("行号").fill("7")
    page.keyboard.press("Enter")
    expect(chosen).to_have_text(re.compile("^line 7 "))
    page.get_by_label("行号").fill("9999")
    page.keyboard.press("Enter")
    expect(page.get_by_text("没有第 9999 行")).to_be_visible()
    expect(page.get_by_text(re.compile("^line 3000 "))).to_be_in_viewport()
    page.wait_for_url(re.compile("view=console$"))
