"""Chromium, driven by Playwright, which brings no browser of its own here."""

from pathlib import Path

import chromium
import pytest
import report_samples as samples
from page_kit import Reader
from shop_run import shop_run
from stage import Past, stage

from pytest_sisyphus.reporters.html import render_page
from pytest_sisyphus.reporters.reporter import RunInfo

#: milliseconds that a test waits for what must come, on a machine that does other things too.
WAIT = 30_000

#: cases of projects of their own, which `shop_run` and `stage` run.
collect_ignore = ["market", "shop"]


@pytest.fixture(scope="module")
def browser():
    """Playwright keeps an event loop running in this thread: no longer than its own tests need."""
    api = pytest.importorskip("playwright.sync_api", reason="the extra browser is not installed")
    if not chromium.PATH:
        pytest.skip("there is no chromium on the PATH")
    api.expect.set_options(timeout=WAIT)
    with api.sync_playwright() as playwright:
        started = chromium.launched(playwright)
        yield started
        started.close()


class Report:
    """A page that was opened, and all that it said and asked for meanwhile."""

    def __init__(self, page, path):
        self.page = page
        self.path = path
        self.said = []
        self.asked = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, fragment=""):
        self.page.goto(f"{self.path.as_uri()}{fragment}")
        return self.page


@pytest.fixture(scope="module")
def context(browser):
    """The context of pages that want nothing special: a new one costs a fifth of a second."""
    return browser.new_context(permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture
def report(opened, tmp_path):
    """`report(documents, lang=…, run=…, **context options)`: the page, written and opened."""

    def made(documents, *, lang="en", run=samples.RUN, fragment="", **options):
        path = Path(tmp_path, "report.html")
        page = render_page(documents, lang=lang, run=RunInfo(**run))
        path.write_text("".join(page), encoding="utf-8")
        return opened(path, fragment, **options)

    return made


@pytest.fixture
def opened(browser, context):
    """`opened(path of a page, fragment, **context options)`"""
    pages = []

    def made(path, fragment="", **options):
        page = (browser.new_context(**options) if options else context).new_page()
        pages.append((page, bool(options)))
        shown = Report(page, path)
        shown.open(fragment)
        return shown

    yield made
    for page, own in pages:
        (page.context if own else page).close()


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The reports of a real run, see `shop_run`."""
    return shop_run(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """One service with the market, for all stories of the page."""
    with stage(tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest.fixture(scope="session")
def past(town):
    return Past.of(town)


@pytest.fixture
def reader(browser, town):
    """`reader(token=…, lang=…, base=…, expected=…, **context options)`: signed in, if not told otherwise."""
    made = []

    def enter(*, token=None, lang="zh", base=None, expected=(), **options):
        locale = {"zh": "zh-CN", "en": "en-GB"}[lang]
        context = browser.new_context(
            locale=locale, reduced_motion=options.pop("reduced_motion", "reduce"), **options
        )
        context.set_default_timeout(WAIT)
        one = Reader(context, base or town.base, expected)
        made.append(one)
        if token != "":
            one.sign_in(token or town.token)
        return one

    yield enter
    found = [text for one in made for text in [*one.complaints, *one.violations()]]
    for one in made:
        one.context.close()
    assert found == []
