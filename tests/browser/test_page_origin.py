"""What shares the page's origin, or would show it within another: consoles, reports, frames."""

import re

import pytest
from page_kit import Reader, patient_context

from orchestrator.runners.artifacts import Artifacts


@pytest.fixture
def calm(town, past):
    return town.get("/automation/execution/detail", executionId=past.calm)


@pytest.fixture
def bare(browser, town):
    """A reader of whom complaints are expected: the browser says what it did not let happen."""
    context = patient_context(browser, locale="zh-CN")
    visit = Reader(context, town.base)
    visit.sign_in(town.token)
    yield visit
    context.close()


def test_a_console_is_no_script_though_it_has_the_pages_origin(bare, town, past, calm):
    text = Artifacts(town.settings.files_root.resolve()).console(past.calm)
    text.write_bytes(b"window.owned = 1;")
    page = bare.context.new_page()

    def with_script(route):
        answer = route.fetch()
        tag = f'<script src="{calm["console_url"]}"></script></body>'
        route.fulfill(response=answer, body=answer.text().replace("</body>", tag))

    page.route("**/executions", with_script)
    page.goto(f"{town.base}/executions")
    page.locator("[data-row]").first.wait_for()

    assert page.evaluate("'owned' in window") is False
    assert any(calm["console_url"] in said for said in bare.complaints)
    page.goto(calm["console_url"])
    assert page.evaluate("document.contentType") == "text/plain"


def test_a_report_has_no_origin_and_no_session(bare, town, calm):
    page = bare.context.new_page()
    page.goto(calm["report_url"])

    assert page.evaluate("self.origin") == "null"
    asked = (
        "fetch(url, { headers: { 'X-Sisyphus-Page': '1' } }).then((a) => a.status, () => 'refused')"
    )
    assert page.evaluate(f"(url) => {asked}", f"{town.base}/it/api/page/me") == "refused"


def test_no_other_site_shows_the_page_in_a_frame(bare, town):
    page = bare.context.new_page()
    page.route(
        "http://other.test/",
        lambda route: route.fulfill(
            body=f"<iframe src='{town.base}/executions'></iframe>", content_type="text/html"
        ),
    )
    page.goto("http://other.test/")

    page.frames[1].wait_for_url(re.compile("^chrome-error:"), wait_until="commit")
    assert page.frames[1].locator("#app").count() == 0
