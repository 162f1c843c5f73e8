"""Debian's (or any) Chromium, driven by Playwright, which brings no browser of its own here."""

import shutil
from pathlib import Path

import pytest
import report_samples as samples
from shop_run import shop_run

from pytest_sisyphus.reporters.html import render_page

#: cases of a project of its own, which `shop_run` runs.
collect_ignore = ["shop"]

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser():
    """Playwright keeps an event loop running in this thread: no longer than its own tests need."""
    api = pytest.importorskip("playwright.sync_api", reason="the extra browser is not installed")
    if not CHROMIUM:
        pytest.skip("there is no chromium on the PATH")
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


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
        path.write_text("".join(render_page(documents, lang=lang, run=run)), encoding="utf-8")
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
