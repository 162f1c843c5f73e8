"""Pictures of the page: every view, in both languages and themes, and on a phone and a tablet.

    python tests/browser/pictures.py FOLDER [WORD…]   those whose name has all of the words
    python tests/browser/pictures.py --docs           those in docs/images, drawn anew

They show a real service with its local runner, its market and somebody who runs by hand.
"""

import contextlib
import sys
import tempfile
import time
from pathlib import Path

import chromium
from page_kit import PATIENCE, Reader
from stage import SMALL, Hand, Machine, Past, market_is, outpost, stage

DOCS = Path(__file__).parents[2] / "docs/images"
#: what the two services are asked for; `{…}` is known once they have some past.
VIEWS = {
    "executions": "/executions",
    "filtered": "/executions?plan={smoke}&env=st",
    "nothing": "/executions?q=没有这样的",
    "execution": "/executions/{bad}",
    "calm": "/executions/{calm}",
    "causes": "/executions/{bad}?view=causes",
    "forty": "/executions/{unlabelled}",
    "timeline": "/executions/{unlabelled}?view=timeline",
    "console": "/executions/{bad}?view=console",
    "facts": "/executions/{again}?view=facts",
    "case": "/executions/{bad}/cases/{failed}",
    "steps": "/executions/{bad}/cases/{failed}?tab=steps",
    "attempts": "/executions/{bad}/cases/{failed}?tab=attempts",
    "history": "/executions/{bad}/cases/{failed}?tab=history",
    "stack": "/executions/{bad}/cases/{broken}?tab=stack",
    "cases": "/cases",
    "known": "/cases/1002",
    "plans": "/plans",
    "plan": "/plans/{smoke}",
    "editor": "/plans/{small}/edit",
    "start": "/run?plan={small}",
    "queue": "/queue",
    "running": "/executions/{running}",
    "queued": "/executions/{queued}",
    "pruned": "/executions/99999",
}
REMOTE = {
    "waits": "/executions/{waits}",
    "lost": "/executions/{lost}",
    "healed": "/executions/{healed}",
    "canceled": "/executions/{canceled}",
    "empty": "/cases?q=没有这样的",
}
#: of a service that gives nobody up while it is looked at.
PATIENT = {
    "begun": "/executions/{begun}",
    "machines": "/executions/{machines}?view=legs",
    "long": "/executions/{long}",
    "long-case": "/executions/{long}/cases/{long_row}",
    "long-causes": "/executions/{long}?view=causes",
    "long-list": "/executions",
    "long-cases": "/cases?q=跨境",
    "long-known": "/cases/4001",
    "long-plans": "/plans",
    "long-plan": "/plans/{long_plan}",
    "long-editor": "/plans/{long_plan}/edit",
    "long-start": "/run?plan={long_plan}",
}
#: sixty characters, and two hundred.
LONG_TITLE = "跨境电商平台在促销活动期间对多个仓库同时下单并使用组合优惠券支付后部分退款再次下单时库存与余额的一致性校验以及对账单的生成"
LONG_NODE = (
    f"tests/regression/{'checkout_and_settlement/' * 5}test_{'promotion_' * 5}consistency.py::Test"
)
SMALLER = (
    "executions",
    "execution",
    "case",
    "cases",
    "editor",
    "start",
    "queue",
    "lost",
    "machines",
)
LOOKS = {
    **{(lang, look): {"color_scheme": look} for lang in ("zh", "en") for look in ("light", "dark")},
    **{(lang, "phone"): {"viewport": {"width": 360, "height": 740}} for lang in ("zh", "en")},
    ("zh", "contrast"): {"forced_colors": "active"},
    **{(lang, "tablet"): {"viewport": {"width": 768, "height": 900}} for lang in ("zh", "en")},
}
WIDE = {"width": 1280, "height": 800}


def lived(town):
    """What the addresses name. One run is left going, one waits behind it."""
    smoke = town.plan("冒烟", [1001, 1002, 1004, 2002, 2004])
    for _ in range(3):
        town.run(smoke)
    town.run(smoke, market={"MARKET_WAREHOUSE": "away"})
    town.run(smoke)
    past = Past.of(town)
    with market_is({"MARKET_COUPON": "TEN_PERCENT"}):
        body = {"executionId": past.bad, "onlyFailed": True}
        again = town.post("/automation/execution/rerun", **body)["id"]
        town.ended(again)
    listed = town.get("/automation/execution/case/list", executionId=past.bad, pageSize=100)["list"]
    failed = next(row for row in listed if row["case_id"] == 1002)
    broken = next(row for row in listed if row["case_id"] == 2004)
    with market_is({"MARKET_SECONDS": "600"}):
        running = town.start(past.small, env="uat", remark="发布前")
        town.until(running, lambda row: row["status"] == 3 and row["passed_count"] >= 5)
    queued = town.start(past.shelves, env="uat")
    numbers = {name: getattr(past, name) for name in ("small", "calm", "bad", "unlabelled")}
    return {
        **numbers,
        "smoke": smoke,
        "again": again,
        "failed": failed["id"],
        "broken": broken["id"],
        "running": running,
        "queued": queued,
    }


def waited(service):
    """Of runs that somebody does by hand: one waits, two were given up, one of them healed."""
    plan = service.plan("夜间回归", SMALL)
    made = {}
    for name, env in (("lost", "st"), ("healed", "uat"), ("canceled", "pre"), ("waits", "prod")):
        number = made[name] = service.start(plan, env=env)
        if name == "waits":
            break
        hand = Hand(service, number)
        hand.start()
        hand.result(*SMALL[:6])
        if name == "canceled":
            service.post("/automation/execution/cancel", executionId=number)
            hand.finish()
            continue
        service.until(number, lambda row: row["status"] == 8)
        if name == "healed":
            hand.result(*SMALL[6:])
    return made


def patient(service):
    """One runs, one is shared by machines, and one has names as long as they come."""
    begun = service.start(service.plan("冒烟", SMALL))
    hand = Hand(service, begun)
    hand.start()
    hand.result(*SMALL[:3])
    hand.result(SMALL[3], status=1)
    return {"begun": begun, "machines": shared(service), **long_names(service)}


def shared(service):
    """On three machines: one is at work, one was taken away, one has not come yet."""
    number, (one, other, _) = Machine.fleet(service, "夜间回归 · 三台", 3)
    one.join(shardIndex=1, consoleUrl="https://ci.example.com/7/console", revision="4f1c2a9")
    other.join(shardIndex=2, revision="4f1c2a9")
    for machine in (one, other):
        for nth, outcome in enumerate((2, 3, 1)):
            for row in machine.lease(nth):
                machine.tell(row, 1)
                if outcome != 1:
                    machine.tell(row, outcome, durationSeconds=3)
    other.says("abort", status=6, message="机器被收回")
    return number


def long_names(service):
    cases = range(4001, 4007)
    service.catalogue(
        [
            {
                "caseId": n,
                "caseKey": f"CROSS-BORDER-SETTLEMENT-{n}",
                "caseTitle": LONG_TITLE,
                "tags": ["回归", "跨境结算与对账", "very-long-tag-of-a-team-in-another-town"],
                "pytestNodeid": f"{LONG_NODE}::test_{n}"[-200:],
            }
            for n in cases
        ]
    )
    plan = service.plan(LONG_TITLE, list(cases))
    number = service.start(plan, env="pre-production-eu-1", remark=LONG_TITLE)
    hand = Hand(service, number)
    hand.start()
    hand.result(*list(cases)[2:])
    why = f"断言失败：{LONG_TITLE}: 期望 {'x' * 120}，实际 {'y' * 120}"
    hand.result(*list(cases)[:2], status=3, errorMessage=why, stackTrace=why, durationSeconds=1)
    hand.finish()
    listed = service.get("/automation/execution/case/list", executionId=number)["list"]
    row = next(row for row in listed if row["case_id"] == cases[0])
    return {"long": number, "long_plan": plan, "long_row": row["id"]}


def draw(browser, service, addresses, keep):
    """`keep(name of a file)` gives its path, if it is wanted."""
    for (lang, look), options in LOOKS.items():
        names = [name for name in addresses if look in {"light", "dark"} or name in SMALLER]
        files = {name: keep(f"page-{name}-{lang}-{look}.png") for name in [*names, "sign-in"]}
        locale = {"zh": "zh-CN", "en": "en-GB"}[lang]
        context = browser.new_context(
            locale=locale, reduced_motion="reduce", **{"viewport": WIDE, **options}
        )
        context.set_default_timeout(PATIENCE)
        reader = Reader(context, service.base)
        reader.sign_in(service.token)
        page = context.new_page()
        for name, path in files.items():
            if path is None:
                continue
            if name == "sign-in":
                context.clear_cookies()
            page.goto(service.base + addresses.get(name, "/executions"))
            settled(page, name)
            page.screenshot(path=path)
            sys.stdout.write(f"{path}\n")
        context.close()


DRAWER = ".drawer-body > :not([aria-busy])"
SIGNS = {
    "sign-in": "dialog input",
    **dict.fromkeys(("case", "steps", "attempts", "history", "stack", "long-case"), DRAWER),
}


def settled(page, name):
    """A stream may stay open: it is enough that nothing is awaited and nothing moves."""
    page.locator(SIGNS.get(name, "main > :not([aria-busy])")).filter(visible=True).first.wait_for()
    if name != "sign-in":
        page.wait_for_selector("[aria-busy=true]", state="detached")
    time.sleep(0.4)


def keeper(arguments):
    if arguments == ["--docs"]:
        return lambda file: DOCS / file if (DOCS / file).exists() else None
    folder, words = Path(arguments[0]), arguments[1:]
    folder.mkdir(parents=True, exist_ok=True)
    return lambda file: folder / file if all(word in file for word in words) else None


def main(arguments):
    from playwright.sync_api import sync_playwright

    keep = keeper(arguments)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        browser = chromium.launched(stack.enter_context(sync_playwright()))
        stack.callback(browser.close)
        town = stack.enter_context(stage(scratch))
        draw(browser, town, known(VIEWS, lived(town)), keep)
        remote = stack.enter_context(outpost(scratch / "remote", lease=2))
        draw(browser, remote, known(REMOTE, waited(remote)), keep)
        steady = stack.enter_context(outpost(scratch / "steady", lease=3600))
        draw(browser, steady, known(PATIENT, patient(steady)), keep)


def known(addresses, numbers):
    return {name: path.format(**numbers) for name, path in addresses.items()}


if __name__ == "__main__":
    main(sys.argv[1:])
