"""The documents are built in both languages without a warning, and need no other host."""

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from chromium import PATH, launched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    for needed in ("sphinx", "furo", "myst_parser", "jieba"):
        pytest.importorskip(needed, reason=f"no {needed}: pip install -e '.[docs]'")
    out = tmp_path_factory.mktemp("documents")
    command = [sys.executable, str(DOCS / "build.py"), str(out)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return out


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_built(built, language):
    sources = {path.relative_to(DOCS / language) for path in (DOCS / language).rglob("*.md")}
    assert [
        path for path in sources if not (built / language / path.with_suffix(".html")).is_file()
    ] == []


@pytest.mark.parametrize(("language", "other"), [("en", "中文"), ("zh", "English")])
def test_each_page_leads_to_its_twin(built, language, other):
    page = (built / language / "how-to/checks.html").read_text("utf-8")
    twin = {"en": "zh", "zh": "en"}[language]
    assert f'href="../../{twin}/how-to/checks.html">{other}</a>' in page


def test_nothing_is_fetched_from_another_host(built):
    fetched = re.compile(
        r"""(?:<(?:script|img|iframe|source)\b[^>]*\bsrc=|<link\b(?![^>]*rel="(?:canonical|author)")[^>]*\bhref=)["'](?:https?:)?//[^"']+"""
    )
    styled = re.compile(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^)\s]+")
    found = [
        f"{path.name}: {match}"
        for path in built.rglob("*")
        if path.suffix in {".html", ".css"}
        for pattern in (fetched, styled)
        for match in pattern.findall(path.read_text("utf-8"))
    ]
    assert found == []


def test_chinese_words_are_in_the_search_index(built):
    text = (built / "zh/searchindex.js").read_text("utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    assert {"用例", "接口", "页面"} <= index["terms"].keys() | index["titleterms"].keys()


def test_what_the_theme_says_is_in_the_pages_language(built):
    english = ["On this page", "Back to top", "Skip to content", ">Next<", ">Previous<"]
    page = {name: (built / name / "steps.html").read_text("utf-8") for name in ("en", "zh")}
    assert [text for text in english if text not in page["en"]] == []
    assert [text for text in english if text in page["zh"]] == []
    assert "本页内容" in page["zh"]


def test_every_link_between_the_languages_leads_to_a_page(built):
    dead = [
        f"{path.relative_to(built)}: {target}"
        for path in built.rglob("*.html")
        for target in re.findall(r'href="([^"#:]+\.html)', path.read_text("utf-8"))
        if not (path.parent / target).resolve().is_file()
    ]
    assert dead == []


@pytest.mark.parametrize(
    ("query", "page"), [("遮盖敏感信息", "how-to/secrets.html"), ("上传合同", "how-to/files.html")]
)
def test_a_chinese_phrase_is_found_in_the_browser(built, query, page):
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: pip install -e '.[browser]'"
    )
    if not PATH:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as driver, launched(driver) as browser:
        view = browser.new_page()
        view.goto(f"{(built / 'zh/search.html').as_uri()}?q={quote(query)}")
        found = view.locator(f"#search-results a[href*='{page}']").first
        playwright.expect(found).to_be_visible(timeout=60_000)
