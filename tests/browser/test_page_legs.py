"""An execution on several machines, as the page shows it."""

import re

import pytest
from stage import SMALL, Machine, outpost

expect = pytest.importorskip(
    "playwright.sync_api", reason="the extra browser is not installed"
).expect


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    with outpost(tmp_path_factory.mktemp("fleet")) as made:
        yield made


def test_each_machine_shows_how_it_fares_and_where_its_console_is(reader, fleet):
    number, (one, other) = Machine.fleet(fleet, "两台", 2)
    page = reader(base=fleet.base, token=fleet.token).open(f"/executions/{number}?view=legs")
    first, second = page.locator(".leg").nth(0), page.locator(".leg").nth(1)
    expect(first).to_contain_text("第 1 台")
    expect(first).to_contain_text("排队中")

    one.join(shardIndex=1, consoleUrl="https://ci.example.com/7/console", revision="aaa")
    expect(first).to_contain_text("执行中")
    other.join(shardIndex=2, revision="bbb")
    expect(page.get_by_text("各执行机的代码版本不同")).to_be_visible()
    link = first.get_by_role("link", name="控制台")
    expect(link).to_have_attribute("href", "https://ci.example.com/7/console")
    expect(second.get_by_role("link")).to_have_count(0)

    rows = one.lease()
    one.tell(rows[0], 1)
    expect(first).to_contain_text(f"已领取 {len(rows) - 1}，执行中 1")
    one.tell(rows[0], 3)
    expect(first).to_contain_text("失败 1")
    one.says("abort", status=6, message="机器被收回")
    expect(first).to_contain_text("机器被收回")
    expect(page.locator(".tabs").get_by_role("link", name="控制台")).to_have_count(0)
    page.keyboard.press("1")
    expect(page.locator(".leg")).to_have_count(0)
    page.keyboard.press("4")  # where one machine has its console
    expect(page.locator(".leg")).to_have_count(2)


def test_the_timeline_has_a_lane_for_each_worker_of_each_machine(reader, fleet):
    number, (one, other) = Machine.fleet(fleet, "时间线", 2)
    for index, machine in enumerate((one, other), start=1):
        machine.join(shardIndex=index)
    for machine in (one, other):
        for n, row in enumerate(machine.lease()):
            machine.tell(row, 1, ext={"worker": f"gw{n % 2}"})
            machine.tell(row, 2, ext={"worker": f"gw{n % 2}"}, durationSeconds=1)
    page = reader(base=fleet.base, token=fleet.token).open(f"/executions/{number}?view=timeline")
    lanes = page.locator(".lanes li bdi")
    expect(lanes.first).to_have_text("第 1 台 gw0")
    names = lanes.all_text_contents()
    assert {name.rsplit(" ", 1)[0] for name in names} == {"第 1 台", "第 2 台"}


def test_a_plan_is_started_on_machines_and_keeps_how_many(reader, fleet):
    plan = fleet.plan("几台", SMALL)
    page = reader(base=fleet.base, token=fleet.token).open(f"/plans/{plan}/edit")
    page.get_by_label("执行机台数").fill("3")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(re.compile(f"/plans/{plan}$"))
    expect(page.get_by_text("3 台执行机")).to_be_visible()

    page.goto(f"{fleet.base}/run?plan={plan}&env=legs")
    expect(page.get_by_label("执行机台数")).to_have_value("3")
    expect(page.locator("input[name=mode][value='1']")).to_be_disabled()
    page.get_by_label("执行机台数").fill("2")
    page.get_by_role("button", name="执行 10 个用例").click()
    page.wait_for_url(re.compile(r"/executions/\d+$"))
    number = int(page.url.rsplit("/", 1)[1])
    row = fleet.get("/automation/execution/detail", executionId=number)
    assert (row["shard_total"], row["run_mode"]) == (2, 2)
    assert fleet.get("/automation/plan/detail", planId=plan)["shards"] == 3


def test_one_machine_has_no_tab_of_machines(reader, fleet):
    number = fleet.start(fleet.plan("一台", SMALL), env="one")
    page = reader(base=fleet.base, token=fleet.token).open(f"/executions/{number}?view=legs")
    tabs = page.locator(".tabs")
    expect(tabs.get_by_role("link", name="控制台")).to_be_visible()
    expect(tabs.get_by_role("link", name="执行机")).to_have_count(0)


def test_in_english_too(reader, fleet):
    number, _ = Machine.fleet(fleet, "three", 3)
    visit = reader(base=fleet.base, token=fleet.token, lang="en")
    page = visit.open(f"/executions/{number}?view=legs")
    expect(page.locator(".leg").nth(2)).to_contain_text("Machine 3")
    expect(page.locator(".tabs").get_by_role("link", name="Machines")).to_be_visible()
