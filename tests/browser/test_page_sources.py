"""The page's files, read as text: what keeps them small, safe and whole."""

import inspect
import json
import re
import zipfile
from pathlib import Path

import pytest
import vendoring
from hatchling.builders.wheel import WheelBuilder

from orchestrator.notifications.text import CASE_TEXTS, EXECUTION_TEXTS
from orchestrator.page.serving import STATIC
from orchestrator.routes import legs_page

ROOT = Path(__file__).parents[2]
APP = sorted((STATIC / "app").glob("*.js"))
SOURCE = {path.name: path.read_text("utf-8") for path in APP}
ALL = "\n".join(SOURCE.values())
TEXTS = {
    name: json.loads((STATIC / f"texts/{name}.json").read_text("utf-8")) for name in ("zh", "en")
}
REPORT = ROOT / "pytest_sisyphus/reporters/html"
#: what the policy would stop, or what a later reader would have to think about.
FORBIDDEN = [
    r"\binnerHTML\b",
    r"\bouterHTML\b",
    r"insertAdjacentHTML",
    r"dangerouslySetInnerHTML",
    r"\bdocument\.write",
    r"\beval\(",
    r"new Function",
    r"https?://(?!www\.w3\.org)[a-z]",
    r"sessionStorage",
    r"serviceWorker",
    r"randomUUID",
]


@pytest.mark.parametrize("folder", vendoring.WANTED, ids=lambda folder: folder.parent.name)
def test_foreign_scripts_are_those_of_the_manifest(folder):
    assert vendoring.differing(folder) == []


def test_foreign_scripts_import_only_one_another():
    imported = {
        name
        for path in (STATIC / "vendor").glob("*.js")
        for name in re.findall(r'from"([^"]+)"', path.read_text("utf-8"))
    }

    assert all((STATIC / "vendor" / name).is_file() for name in imported)


@pytest.mark.parametrize("path", APP, ids=lambda path: path.name)
def test_modules_are_short_and_say_what_they_are(path):
    lines = SOURCE[path.name].splitlines()

    assert len(lines) <= 200
    assert any(line.startswith("// ") for line in lines[:6])


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_modules_do_nothing_that_is_dangerous(pattern):
    assert [name for name, text in SOURCE.items() if re.search(pattern, text)] == []


def test_modules_import_what_there_is():
    missing = [
        f"{name}: {path}"
        for name, text in SOURCE.items()
        for path in re.findall(r'(?:from |import\()"(\.[^"]+)"', text)
        if not (STATIC / "app" / path).resolve().is_file()
    ]

    assert missing == []


def test_every_module_is_imported():
    orphans = [
        path.name
        for path in APP
        if path.name not in {"main.js", "early.js"} and f'"./{path.name}"' not in ALL
    ]

    assert orphans == []


def test_the_style_keeps_its_budget():
    assert sum(path.stat().st_size for path in (STATIC / "style").glob("*.css")) <= 32 * 1024


def places(text):
    return set(re.findall(r"\{(\w+)", text))


def test_both_languages_have_the_same_texts():
    assert TEXTS["zh"].keys() == TEXTS["en"].keys()
    assert [key for key in TEXTS["zh"] if not TEXTS["zh"][key] or not TEXTS["en"][key]] == []


def test_texts_have_the_same_places():
    """A word that goes by a number may be needed in one language only."""
    assert [
        key for key in TEXTS["zh"] if places(TEXTS["zh"][key]) != places(TEXTS["en"][key])
    ] == []


def test_every_text_that_is_asked_for_is_there():
    asked = set(re.findall(r'\b(?:t|rich)\("([^"]+)"', ALL))

    assert asked - TEXTS["en"].keys() == set()


def test_every_text_is_used():
    families = {found for found in re.findall(r"`([a-z0-9_.]+)\$\{", ALL) if found}
    used = ALL + inspect.getsource(legs_page)  # a page that the service writes, of the same texts
    unused = [
        key for key in TEXTS["en"] if f'"{key}"' not in used and not key.startswith(tuple(families))
    ]

    assert unused == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_outcomes_are_called_as_in_the_chat_notices(language):
    page = TEXTS[language]
    executions = {
        number: page[f"execution.status.{number}"] for number in EXECUTION_TEXTS[language]
    }
    cases = {number: page[f"case.status.{number}"] for number in CASE_TEXTS[language]}

    assert executions == EXECUTION_TEXTS[language]
    assert cases == CASE_TEXTS[language]


@pytest.mark.parametrize("name", ["difference.js", "curl.js", "json.js"])
def test_what_the_html_report_has_too_is_the_same(name):
    """Each package carries its own copy: they may not import one another."""
    kept = [line for line in SOURCE[name].splitlines() if not re.match(r"import |export \{", line)]

    assert "\n".join(kept).strip() == (REPORT / name).read_text("utf-8").strip()


def test_the_wheel_holds_the_page(tmp_path):
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = [path for path in (ROOT / "orchestrator/page").rglob("*") if path.is_file()]

    assert {
        path.relative_to(ROOT).as_posix() for path in wanted if "__pycache__" not in path.parts
    } <= names
    assert [name for name in names if "axe" in name or name.startswith("tests/")] == []
