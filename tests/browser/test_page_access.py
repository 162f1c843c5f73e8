"""Every view, in both themes and languages: axe finds nothing serious, nothing overflows, it is light."""

import functools
import re
from pathlib import Path

import pytest
from page_kit import readers
from pictures import PATIENT, REMOTE, patient, waited
from stage import outpost

expect = pytest.importorskip(
    "playwright.sync_api", reason="the extra browser is not installed"
).expect

AXE = (Path(__file__).parent / "vendored/axe.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
VIEWS = {
    "executions": "/executions",
    "nothing": "/executions?q=none",
    "execution": "/executions/{bad}",
    "causes": "/executions/{unlabelled}?view=causes",
    "timeline": "/executions/{unlabelled}?view=timeline",
    "console": "/executions/{bad}?view=console",
    "facts": "/executions/{bad}?view=facts",
    "drawer": "/executions/{bad}/cases/{failed}",
    "history": "/executions/{bad}/cases/{failed}?tab=history",
    "cases": "/cases",
    "case": "/cases/1002",
    "plans": "/plans",
    "plan": "/plans/{small}",
    "editor": "/plans/{small}/edit",
    "start": "/run?plan={small}",
    "queue": "/queue",
}


@pytest.fixture(scope="module")
def addresses(town, past):
    listed = town.get("/automation/execution/case/list", executionId=past.bad, status=3)["list"]
    numbers = {name: getattr(past, name) for name in ("small", "bad", "unlabelled")}
    return {name: path.format(failed=listed[0]["id"], **numbers) for name, path in VIEWS.items()}


@pytest.fixture(scope="module")
def places(town, addresses, tmp_path_factory):
    """[(service, name, address)]: every view, every state that an execution may be in, names as long as they come."""
    folder = tmp_path_factory.mktemp("places")
    with (
        outpost(folder / "remote", lease=2) as remote,
        outpost(folder / "steady", lease=3600) as steady,
    ):
        lost, kept = waited(remote), patient(steady)
        yield [
            *((town, name, path) for name, path in addresses.items()),
            *((remote, name, path.format(**lost)) for name, path in REMOTE.items()),
            *((steady, name, path.format(**kept)) for name, path in PATIENT.items()),
        ]


@pytest.fixture(scope="module")
def seen(browser, town, places):
    """Language -> name -> what axe finds at that place, and what is too wide: each is opened once for both."""

    @functools.cache
    def walked(lang):
        with readers(browser, town) as reader:
            return {
                name: (looked(page), list(too_wide(page)))
                for name, page in visits(reader, places, lang)
            }

    return walked


def visits(reader, places, lang):
    """`(name, page)` of each place, with the page there."""
    opened = {}
    for service, name, path in places:
        if service.base not in opened:
            visit = reader(base=service.base, token=service.token, lang=lang)
            opened[service.base] = visit, visit.context.new_page()
        visit, page = opened[service.base]
        page.goto(service.base + path)
        visit.settled(page)
        yield name, page


def serious(page, only=None):
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(
        "(runOnly) => axe.run(document, { runOnly, resultTypes: ['violations'] })", only or TAGS
    )
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"][:3]
    ]


def looked(page):
    """Of the dark theme only the colours are looked at again: nothing else is different."""
    page.emulate_media(color_scheme="light")
    found = serious(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {one}" for one in serious(page, ["color-contrast"])]
    page.emulate_media(color_scheme="light")
    return found


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everybody_can_use_every_view(seen, lang):
    assert {name: said for name, (said, _) in seen(lang).items() if said} == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everybody_can_use_what_opens_above_a_view(reader, addresses, lang):
    visit = reader(lang=lang)
    page = visit.open("/executions")
    page.locator("[data-row]").first.wait_for()
    found = {}
    page.locator(".filters .menu button").first.click()
    page.locator(".menu-box").wait_for()
    found["menu"] = looked(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    found["help"] = looked(page)

    page.goto(visit.base + addresses["execution"])
    page.locator(".deeds .primary:not([aria-disabled])").wait_for()  # what one may comes by itself
    page.keyboard.press("r")
    page.get_by_role("dialog").wait_for()
    found["question"] = looked(page)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator(".tools .actions").wait_for()
    found["ticked"] = looked(page)

    page.goto(f"{visit.base}/executions/99999")
    page.locator(".state").wait_for()
    found["pruned"] = looked(page)
    page.goto(f"{visit.base}{addresses['console']}&line=99999")
    page.locator(".console .warn").wait_for()
    found["a line that is not there"] = looked(page)
    page.goto(f"{visit.base}{addresses['console']}&line=2")
    page.locator(".line.chosen").wait_for()
    found["a line"] = looked(page)

    assert {name: said for name, said in found.items() if said} == {}


#: an answer that is an error, one that is not the service's, and one that does not come.
REFUSED = {"code": 50000, "msg": "服务内部错误", "data": None}
ANSWERS = {
    "error": {"status": 500, "json": REFUSED},
    "foreign": {"status": 502, "body": "<p>bad gateway", "content_type": "text/html"},
    "loading": None,
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_everybody_can_use_what_went_wrong(reader, addresses, past, lang):
    visit = reader(lang=lang, expected=["offline", 401, 500, 502])
    page = visit.context.new_page()
    found = {}
    page.route("**/automation/plan/save", lambda route: route.fulfill(status=500, json=REFUSED))
    page.goto(visit.base + addresses["editor"])
    page.locator(".board ol input").first.fill("3")
    page.locator("[name=name]").fill("")
    page.locator(".deeds [aria-disabled=true]").wait_for()
    found["editor with a mistake"] = looked(page)
    page.locator("[name=name]").fill("x")
    page.locator(".deeds .primary:not([aria-disabled])").wait_for()
    page.locator("[name=name]").press("Enter")
    page.get_by_role("alert").wait_for()
    found["refused"] = looked(page)
    page.once("dialog", lambda dialog: dialog.accept())  # what is unsaved goes

    page.goto(f"{visit.base}/run?plan={past.small}&env=st")
    page.locator("[name=env]").fill("")
    page.locator("[name=env]").press("Enter")
    found["start without an environment"] = looked(page)

    said = {}
    page.route("**/automation/execution/list*", lambda route: said and route.fulfill(**said))
    for name, answer in ANSWERS.items():
        said = answer
        page.goto(f"{visit.base}/executions")
        page.locator("main > .error-box" if said else "main > .skeletons").wait_for()
        found[name] = looked(page)

    page.unroute("**/automation/execution/list*")
    page.goto(f"{visit.base}/queue")
    visit.settled(page)
    visit.context.set_offline(True)
    page.locator(".notice-bar").wait_for()
    found["service away"] = looked(page)
    visit.context.set_offline(False)
    page.locator(".notice-bar:not(.good)").wait_for(state="detached")

    visit.context.clear_cookies()
    page.locator(".top nav [href='/plans']").evaluate("link => link.click()")
    page.locator("dialog input[name=token]").fill("wrong")
    page.locator("dialog input[name=token]").press("Enter")
    page.get_by_role("alert").wait_for()
    found["session expired"] = looked(page)

    assert {name: said for name, said in found.items() if said} == {}


#: what cannot be read whole and does not say so by an ellipsis.
CUT = """() => [...document.querySelectorAll("main button, main a, main p, main h1, main h2, main label, .tag")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible"
    && getComputedStyle(one).textOverflow !== "ellipsis" && !one.closest(".unseen, pre"))
  .map((one) => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_wider_than_the_window(seen, lang):
    assert {name: wrong for name, (_, wrong) in seen(lang).items() if wrong} == {}


def too_wide(page):
    """640 is 1280 at a zoom of 200 %."""
    before = page.viewport_size
    for width in (1280, 768, 640, 360):
        page.set_viewport_size({"width": width, "height": 740})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            yield width, "wide"
        yield from ((width, one) for one in page.evaluate(CUT))
    page.set_viewport_size(before)


#: cells whose words stand in the cell beside them.
SPILLED = """() => [...document.querySelectorAll(".row > *")]
  .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === "visible")
  .map((one) => one.innerText)"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_status_fits_its_column(reader, past, lang):
    def with_all(route):
        said = route.fetch().json()
        [row, *_] = said["data"]["list"]
        long = {"plan_name": "很长的计划名称" * 20, "env_code": "pre-production" * 4}
        said["data"]["list"] = [{**row, **long, "id": 99 - n, "status": n} for n in range(9)]
        route.fulfill(json=said)

    visit = reader(lang=lang)
    page = visit.context.new_page()
    page.route("**/automation/execution/list*", with_all)
    page.goto(f"{visit.base}/executions")
    page.locator("[data-row='91']").wait_for()
    spilled = {}
    for width in (1440, 1100, 820, 360):
        page.set_viewport_size({"width": width, "height": 740})
        spilled[width] = page.evaluate(SPILLED)

    assert {width: texts for width, texts in spilled.items() if texts} == {}


@pytest.mark.parametrize("width", [1440, 1100])
def test_the_drawer_is_reached_from_its_head_to_its_end(reader, addresses, width):
    visit = reader(viewport={"width": width, "height": 500})
    page = visit.open(addresses["drawer"])
    page.locator(".drawer-body > :not([aria-busy])").first.wait_for()
    visit.settled(page)
    top, head, bottom = page.evaluate("""() => {
      const drawer = document.querySelector(".drawer");
      drawer.scrollTop = drawer.scrollHeight;
      const last = drawer.querySelector(".drawer-body").getBoundingClientRect();
      return [document.querySelector(".top").getBoundingClientRect().bottom, drawer.querySelector(".drawer-head").getBoundingClientRect().top, last.bottom];
    }""")

    assert head >= top
    assert bottom <= 500 or width == 1440  # beside the list the page scrolls too


#: without the style that came last and with it, in one breath: times that are shown move on.
BOXES = """() => [true, false].map((disabled) => {
  document.head.lastElementChild.sheet.disabled = disabled;
  return [...document.querySelectorAll("#app *")].map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return `${one.tagName} ${one.className} ${[x, y, width, height].map(Math.round)}`;
  });
})"""
LATER = """() => new Promise((resolve) => {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = document.querySelector("link[href$='list.css']").href.replace("list.css", "views.css");
  link.onload = resolve;
  document.head.append(link);
})"""


@pytest.mark.parametrize("width", [1280, 360])
def test_the_first_view_needs_no_style_of_the_others(reader, past, width):
    visit = reader(viewport={"width": width, "height": 740})
    page = visit.open(f"/executions?plan={past.small}")
    page.locator("[data-row]").first.wait_for()
    visit.settled(page)
    page.evaluate(LATER)
    without, with_it = page.evaluate(BOXES)

    assert without == with_it


#: [chosen, its like that is not, what must be different]
CHOSEN = [
    (".top nav a[aria-current]", ".top nav a:not([aria-current])", "borderBottomColor"),
    (".drawer .tabs a[aria-current]", ".drawer .tabs a:not([aria-current])", "borderBottomColor"),
    (".case.open", ".case:not(.open)", "outlineStyle"),
    (".count[aria-pressed=true]", ".count[aria-pressed=false]:enabled", "backgroundColor"),
]


def test_what_is_chosen_shows_without_colours_of_the_page(reader, addresses):
    """Windows' contrast themes leave only lines and words."""
    visit = reader(forced_colors="active")
    page = visit.open(f"{addresses['drawer']}?status=3")
    page.locator(".drawer .tabs a[aria-current]").wait_for()
    visit.settled(page)
    look = "([selector, name]) => getComputedStyle(document.querySelector(selector))[name]"
    same = [
        chosen
        for chosen, other, name in CHOSEN
        if page.evaluate(look, [chosen, name]) == page.evaluate(look, [other, name])
    ]

    assert same == []


def test_the_first_view_is_light_and_quick(reader, past):
    visit = reader()
    page = visit.context.new_page()
    page.goto(f"{visit.base}/executions")
    page.locator("[data-row]").first.wait_for()
    visit.settled(page)
    asked = page.evaluate("""() => [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]
      .map((one) => [one.name, one.decodedBodySize, one.encodedBodySize])""")
    files = [one for one in asked if "/api/" not in one[0]]
    raw, sent = sum(one[1] for one in files), sum(one[2] for one in files)
    scripts = [one for one in asked if one[0].endswith(".js")]

    assert raw < 128_000  # of 150 kB: how long the answers are, the executions before decide
    assert sum(one[1] for one in files if one[0].endswith(".css")) < 18_000
    assert sent < raw * 0.6
    assert len({one[0] for one in asked}) - len(scripts) <= 12


def test_another_page_is_said_to_whoever_does_not_see_it(reader, addresses):
    page = reader(lang="en").open("/executions")
    page.locator("[data-row]").first.wait_for()
    said = page.locator("[aria-live=polite]")
    assert said.inner_text() == ""
    page.get_by_role("link", name="Plans").click()
    expect(said).to_have_text("Plans")
    page.goto(page.url.replace("/plans", addresses["execution"]))
    table = page.get_by_role("table", name="Cases")
    expect(table.get_by_role("columnheader")).to_have_text(
        ["Tick", "Status", "Title", "Marks", "Duration"]
    )
    table.get_by_role("link").first.click()
    page.locator(".drawer h2").wait_for()
    assert said.inner_text() == ""


def test_focus_goes_by_keys_through_the_head_to_the_rows(reader, past):
    page = reader().open("/executions")
    page.locator("[data-row]").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url(re.compile("/plans$"))
