"""Chromium, driven by Playwright, which brings no browser of its own here."""

import os
from pathlib import Path

import chromium
import pytest
import report_samples as samples
from page_kit import PATIENCE, patient_context, readers
from shop_run import shop_run
from stage import Past, stage

from pytest_sisyphus.reporters.html import render_page
from pytest_sisyphus.reporters.reporter import RunInfo

#: cases of projects of their own, which `shop_run` and `stage` run.
collect_ignore = ["market", "shop"]


def pytest_collection_modifyitems(items):
    """The first of a module also starts the services and lets them live for a while."""
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="module")
def browser():
    """Playwright keeps an event loop running in this thread: no longer than its own tests need."""
    api = pytest.importorskip("playwright.sync_api", reason="the extra browser is not installed")
    if not chromium.PATH:
        pytest.skip("there is no chromium on the PATH")
    api.expect.set_options(timeout=PATIENCE)
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
    return patient_context(browser, permissions=["clipboard-read", "clipboard-write"])


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
        page = (patient_context(browser, **options) if options else context).new_page()
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
    with readers(browser, town) as enter:
        yield enter
