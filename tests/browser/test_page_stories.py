"""What people do with the page, in a real browser against a real service and a real pytest."""

import re
import shlex
import subprocess
from urllib.parse import urlsplit

import pytest
from page_kit import rows, texts_of, until
from stage import LIMIT, held

expect = pytest.importorskip(
    "playwright.sync_api", reason="the extra browser is not installed"
).expect
HAN = re.compile(r"[\u4e00-\u9fff]")


def test_signing_in_and_out_keeps_the_place(reader, town, past):
    visit = reader(token="", expected=[401])
    page = visit.open(f"/executions/{past.bad}?status=3")
    field = page.get_by_label("登录令牌")
    field.fill("wrong")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("令牌无效或已过期")

    field.fill(town.token)
    field.press("Enter")
    expect(page.get_by_role("heading", name="失败").first).to_be_visible()
    assert page.url.endswith(f"/executions/{past.bad}?status=3")
    cookie = next(one for one in visit.context.cookies() if one["name"].startswith("sisyphus"))
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/it/api")
    assert town.token not in page.evaluate("JSON.stringify({...localStorage}) + document.cookie")

    visit.context.clear_cookies()  # as when it has expired
    # by script: the page may have asked something by itself already, and its dialog covers the link
    page.get_by_role("link", name="用例库").first.evaluate("link => link.click()")
    expect(page.get_by_label("登录令牌")).to_be_visible()
    page.get_by_label("登录令牌").fill(town.token)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("link", name="登录后浏览商品")).to_be_visible()
    assert page.url.endswith("/cases")

    page.get_by_role("button", name="测试工程师").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_label("登录令牌")).to_be_visible()


def test_a_link_that_was_used_asks_to_sign_in_and_says_why(reader, town):
    visit = reader(token="", expected=[401, 410])
    page = visit.open("/page/open?key=used")
    expect(page.get_by_role("dialog")).to_contain_text("该链接已使用过，或已过期")

    page.get_by_label("登录令牌").fill(town.token)
    page.get_by_label("登录令牌").press("Enter")
    page.wait_for_url(re.compile("/executions$"))
    page.goto(f"{town.base}/page/open?key=used")  # again by whoever is in
    page.wait_for_url(re.compile("/executions$"))


def test_the_tab_shows_how_an_execution_ended(reader, past):
    page = reader().open(f"/executions/{past.bad}")
    icon = page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", re.compile("^data:image/svg.*b3261e"))
    page.get_by_role("link", name="执行记录").click()
    expect(icon).to_have_attribute("href", re.compile("icon.svg$"))


def test_a_plan_is_written_by_keys_alone(reader):
    visit = reader()
    page = visit.open("/plans/new")
    page.get_by_label("计划名称").focus()
    page.keyboard.type("键盘写的计划")
    for title in ("登录后浏览商品", "盘点"):
        page.get_by_role("button", name=f"加入 {title}").focus()
        page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="共 2 个用例")).to_be_visible()
    second = page.locator(".board ol li").nth(1)
    second.focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".board ol li").nth(0)).to_contain_text("盘点")
    expect(page.locator(".board ol li").nth(0)).to_be_focused()
    expect(page.get_by_role("button", name="保存")).to_be_enabled()
    page.get_by_label("计划名称").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/plans/\d+$"))
    page.reload()
    expect(page.locator("ol .entry a")).to_have_text(["盘点", "登录后浏览商品"])

    page.get_by_role("button", name="编辑").click()
    page.get_by_label("计划名称").fill("改名")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("link", name="用例库").first.click()
    assert asked == ["有未保存的修改，确定离开？"]
    assert page.url.endswith("/edit")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="改名")).to_be_visible()


def test_a_run_moves_before_the_readers_eyes(reader, town, past, tmp_path):
    visit = reader()
    with held(tmp_path):
        page = visit.open(f"/run?plan={past.small}&env=st")
        page.get_by_role("button", name="执行 10 个用例").click()
        page.wait_for_url(re.compile(r"/executions/\d+$"))
        number = int(page.url.rsplit("/", 1)[1])
        row = page.get_by_role("link", name="登录后浏览商品")
        row.focus()
        page.evaluate(
            "window.unloaded = false; addEventListener('beforeunload', () => { unloaded = true; })"
        )
        expect(page.locator("h1.status.live")).to_have_text("执行中")
        expect(page.locator(".count", has_text="通过")).to_contain_text(re.compile(r"[1-9]"))
    expect(page.locator("h1.status.bad")).to_have_text("失败")
    assert visit.loads == 1
    expect(row).to_be_focused()
    told = town.get("/automation/execution/detail", executionId=number)["summary"]
    shown = dict(
        re.findall(
            r"(通过|失败|阻塞|跳过) (\d+)",
            page.locator(".counts-row").inner_text().replace("\n", " "),
        )
    )
    assert shown == {
        "通过": str(told["passed"]),
        "失败": str(told["failed"]),
        "阻塞": "0",
        "跳过": "1",
    }


def test_one_case_is_started_from_the_catalogue(reader, town, past):
    page = reader().open("/cases/1001?env=st")
    page.get_by_role("link", name="执行自动化").click()
    expect(page.get_by_label("执行环境")).to_have_value("st")
    page.get_by_label("触发备注").fill("只看这一个")
    page.get_by_role("button", name="执行 1 个用例").click()
    page.wait_for_url(re.compile(r"/executions/\d+"))
    expect(page.locator("h1.status.good")).to_have_text("成功")

    number = int(urlsplit(page.url).path.rsplit("/", 1)[1])
    told = town.get("/automation/execution/detail", executionId=number)
    assert (told["plan_id"], told["env_code"], told["ext"]["remark"]) == (None, "st", "只看这一个")
    assert (told["summary"]["total"], told["summary"]["passed"]) == (1, 1)


def test_lanes_are_the_workers_that_were_reported(reader, town, past):
    page = reader().open(f"/executions/{past.unlabelled}?view=timeline")
    listed = town.get(
        "/automation/execution/case/list", executionId=past.unlabelled, view="brief", pageSize=500
    )["list"]
    workers = sorted({row["worker"] for row in listed if row["worker"]})
    expect(page.locator(".lanes li bdi")).to_have_text([str(one) for one in workers])
    first = min((row for row in listed if row["worker"]), key=lambda row: row["started_at"])
    lane = workers.index(first["worker"])
    page.locator("canvas").click(position={"x": 1, "y": 26 + 32 * lane + 16})
    page.wait_for_url(re.compile(r"/cases/\d+"))
    expect(page.locator(".drawer h2")).to_contain_text("货架的标签已打印")


def test_a_failure_is_understood_and_sent_again(reader, town):
    plan = town.plan("全价", [1007, 1003])
    town.run(plan)
    bad = town.run(plan, market={"MARKET_COUPON": "TEN_PERCENT"})
    page = reader().open(f"/executions/{bad}")
    row = page.locator("[data-row]", has_text="全价下单")
    expect(row).to_contain_text("下单 eq $.data.total 期望 80，实际 73")
    expect(row).to_contain_text("新增")
    row.get_by_role("link").click()
    drawer = page.locator(".drawer")
    expect(drawer.locator(".check .expected")).to_have_text("80")
    expect(drawer.locator(".check .actual")).to_have_text("73")
    expect(drawer).to_contain_text("cases/orders.yaml:")

    drawer.get_by_role("button", name="与上次通过对比").click()
    table = drawer.locator(".compare table")
    expect(table).to_contain_text("response.body.data.total")
    expect(table).to_contain_text("request.body.coupon")

    page.evaluate(
        "navigator.clipboard ??= {}; navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }"
    )
    drawer.get_by_role("button", name="复制 curl").first.click()
    command = page.evaluate("window.copied")
    done = subprocess.run(
        [*shlex.split(command.replace("\\\n", " ")), "-s", "-o", "/dev/null", "-w", "%{http_code}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    assert done.stdout == "401"  # it reached the shop; the masked token is not let in
    page.keyboard.press("c")
    expect(page.get_by_role("status").filter(has_text="已复制")).to_be_visible()
    assert page.evaluate("window.copied") == page.url
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    page.keyboard.press("y")
    expect(page.get_by_role("status").filter(has_text="无法复制")).to_be_visible()
    page.keyboard.press("n")
    expect(drawer.locator("h2")).not_to_have_text("全价下单")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_one_cause_of_forty_cases_is_run_again_by_itself(reader, past):
    page = reader().open(f"/executions/{past.unlabelled}")
    cause = page.locator(".cause")
    expect(cause).to_have_count(1)
    expect(cause.locator(".times")).to_have_text("40×")
    cause.locator(".what").click()
    page.wait_for_url(re.compile("cause="))
    expect(page.locator("[role=table][aria-rowcount='41']")).to_be_visible()
    page.get_by_role("button", name="只跑这 40 个").click()
    page.wait_for_url(lambda url: urlsplit(url).path != f"/executions/{past.unlabelled}")
    expect(page.locator("h1.status.good")).to_have_text("成功")
    expect(page.locator(".changed")).to_contain_text("已恢复 40")


def test_a_canceled_run_says_by_whom(reader, town, past, tmp_path):
    with held(tmp_path):
        number = town.start(past.small, env="uat")
        page = reader().open(f"/executions/{number}")
        expect(page.locator("h1.status.live")).to_have_text("执行中")
        page.get_by_role("button", name="取消执行").click()
        page.get_by_role("button", name="确定取消").click()
        expect(page.locator("h1.status")).to_have_text("已取消")
    expect(page.locator(".sentence")).to_contain_text("由 测试工程师 取消")
    town.ended(number)


def test_failed_cases_are_run_again_and_linked_both_ways(reader, town, past):
    page = reader().open(f"/executions/{past.bad}")
    page.get_by_role("button", name="重跑未通过").click()
    page.wait_for_url(lambda url: not url.endswith(f"/{past.bad}"))
    number = int(page.url.rsplit("/", 1)[1])
    town.ended(number)
    page.get_by_role("link", name="信息").click()
    page.get_by_role("link", name=f"#{past.bad}").last.click()
    page.wait_for_url(re.compile(f"/executions/{past.bad}$"))
    page.get_by_role("link", name="信息").click()
    page.get_by_role("link", name="查看").click()
    expect(page.get_by_text(f"重跑自 #{past.bad}").first).to_be_visible()


def test_the_same_started_twice_leads_to_the_one_that_runs(reader, town, past, tmp_path):
    with held(tmp_path):
        number = town.start(past.small, env="uat")
        page = reader().open(f"/run?plan={past.small}&env=uat")
        expect(page.get_by_role("link", name=f"#{number}", exact=True)).to_be_visible()
        page.get_by_role("button", name="执行 10 个用例").click()
        page.get_by_role("link", name=f"查看执行 #{number}").click()
        page.wait_for_url(re.compile(f"/executions/{number}$"))
        town.post("/automation/execution/cancel", executionId=number)
    town.ended(number)


def test_the_other_language_leaves_no_word_behind(reader, past):
    visit = reader()
    page = visit.open(f"/executions/{past.bad}")
    expect(page.get_by_role("heading", name="失败").first).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="failed").first).to_be_visible()
    for path in (
        f"/executions/{past.bad}",
        "/executions",
        "/cases",
        "/plans",
        "/queue",
        f"/run?plan={past.small}",
        f"/plans/{past.small}/edit",
        f"/executions/{past.bad}?view=facts",
    ):
        page.goto(visit.base + path)
        visit.settled(page)
        left = [
            text
            for text in texts_of(page)
            if HAN.search(text) and text not in {"中文", "测试工程师"}
        ]
        assert left == [], path
    assert page.evaluate("document.documentElement.lang") == "en"


def test_back_and_forward_keep_filters_and_place(reader, past):
    page = reader(viewport={"width": 1280, "height": 500}).open(f"/executions/{past.unlabelled}")
    expect(page.locator("[data-row]").first).to_be_visible()
    page.mouse.wheel(0, 900)
    until(page, "scrollY === 900 && history.state?.y === scrollY")  # remembered
    before = page.evaluate("scrollY")
    link = page.locator("[data-row] a[data-main]").nth(8)
    title = link.evaluate("(one) => (one.click(), one.innerText)")
    expect(page.locator(".drawer h2")).to_have_text(title)
    page.get_by_role("link", name="Sisyphus").click()
    page.wait_for_url(re.compile("/executions$"))
    expect(page.locator("[data-row]").first).to_be_visible()
    page.go_back()
    expect(page.locator(".drawer h2")).to_have_text(title)
    page.go_back()
    expect(page.locator(".drawer")).to_have_count(0)
    until(page, "(before) => Math.abs(scrollY - before) <= 2", before)


def test_seven_windows_all_answer(reader, past):
    visit = reader()
    pages = [visit.open(f"/executions/{past.bad}") for _ in range(7)]
    for page in pages:
        expect(page.locator("[data-row]").first).to_be_visible()


def test_the_list_is_searched_and_filtered_by_keys(reader, past):
    page = reader().open("/executions")
    expect(page.locator("[data-row]").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("货架标签")
    page.wait_for_url(re.compile("q="))
    others = page.locator("[data-row] .name a").filter(has_not_text="货架标签检查")
    expect(others).to_have_count(0)
    assert set(rows(page)) == {"货架标签检查"}
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/executions/\d+$"))


def test_a_filter_that_finds_nothing_can_be_taken_away(reader, past):
    page = reader().open("/executions?q=没有这样的&status=3,x")
    expect(page.get_by_text("没有符合条件的执行")).to_be_visible()
    expect(page.get_by_text("status=3,x")).to_be_visible()
    page.get_by_role("button", name="清除全部筛选").click()
    expect(page.locator("[data-row]").first).to_be_visible()


def test_a_key_means_what_is_shown_however_quickly_it_follows(reader, past):
    page = reader().open(f"/executions/{past.bad}?status=3,4,6")
    titles = page.locator("[data-row] a[data-main]")
    expect(titles).to_have_count(5)
    first, _, third = titles.all_inner_texts()[:3]
    titles.first.click()
    heading = page.locator(".drawer h2")
    expect(heading).to_have_text(first)
    page.evaluate("""() => new MutationObserver((_, watch) => {
      watch.disconnect();
      document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true }));
    }).observe(document.querySelector(".drawer h2"), { subtree: true, childList: true, characterData: true })""")

    page.keyboard.press("n")

    expect(heading).to_have_text(third)


def test_a_failed_run_is_read_and_run_again_by_keys_alone(reader, town, past):
    page = reader().open(f"/executions/{past.bad}")
    rows_shown = page.locator("[data-row]")
    expect(rows_shown).to_have_count(10)
    page.keyboard.press("f")
    expect(rows_shown).to_have_count(5)
    page.keyboard.press("j")
    page.keyboard.press("j")
    title = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    expect(page.locator(".drawer h2")).to_have_text(title)
    page.keyboard.press("p")
    expect(page.locator(".drawer h2")).not_to_have_text(title)
    page.keyboard.press("n")
    expect(page.locator(".drawer h2")).to_have_text(title)
    page.keyboard.press("Escape")
    expect(page.locator(".drawer")).to_have_count(0)
    expect(page.get_by_role("link", name=title)).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="只跑这 1 个")).to_be_visible()
    page.keyboard.press("5")
    page.wait_for_url(re.compile("view=facts"))
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.innerText") != "确定":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: urlsplit(url).path != f"/executions/{past.bad}")
    town.ended(int(page.url.rsplit("/", 1)[1]))
