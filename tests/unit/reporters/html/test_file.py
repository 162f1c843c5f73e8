"""The HTML report as text: what a reader without a browser's scripts gets, and what is in it."""

import base64
import hashlib
import json
import re
import tomllib
from importlib import resources

import pytest

from pytest_sisyphus.reporters import html
from pytest_sisyphus.reporters.html import figures, rows
from pytest_sisyphus.reporters.reporter import RunInfo
from pytest_sisyphus.results import CaseStatus, StepStatus

ROOM = resources.files(html.__name__)
SOURCES = ("page.html", *html._SCRIPTS)


def texts(lang):
    return tomllib.loads(ROOM.joinpath("texts", f"{lang}.toml").read_text(encoding="utf-8"))


def flat(table, above=""):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def document(name="one", status="passed", **more):
    meta = {"nodeid": f"cases/a.yaml::{name}", "location": "cases/a.yaml:3", "tags": []}
    return {
        "test_case": {
            "name": name,
            "status": status,
            "duration": 1.5,
            "meta": {**meta, **more.pop("meta", {})},
        },
        "statistics": {"total_steps": 2, "passed_steps": 1, "failed_steps": 1},
        "steps": more.pop("steps", []),
        **more,
    }


def failed(name="bad", **more):
    error = {"type": "AssertionError", "category": "assertion", "message": "0 is not 1"}
    return document(name, "failed", error_info=error, **more)


def page(documents, *, lang="en", **run):
    return "".join(html.render_page(documents, lang=lang, run=RunInfo(**run)))


def test_both_languages_have_the_same_texts_with_the_same_gaps():
    gaps = {
        lang: {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in flat(texts(lang))}
        for lang in html.LANGUAGES
    }

    assert gaps["zh"] == gaps["en"]


@pytest.mark.parametrize("lang", html.LANGUAGES)
def test_no_text_is_empty(lang):
    assert [key for key, text in flat(texts(lang)) if not text.strip()] == []


def test_chinese_is_chinese():
    foreign = {"html_lang", "cookies"}
    same = [
        key
        for key, text in flat(texts("zh"))
        if key not in foreign and not re.search(r"[\u4e00-\u9fff]", text)
    ]

    assert same == []


def used_texts():
    source = "\n".join(ROOM.joinpath(name).read_text(encoding="utf-8") for name in SOURCES)
    used = set(re.findall(r"(?<![\w.$])t\.(\w+)", source))
    return used | {"case_id", "case_key"}  # t[key] of the row's ids


def test_every_text_that_is_used_exists_and_every_text_is_used():
    assert used_texts() == set(texts("en"))


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("status", [str(status) for status in CaseStatus]),
        ("step_status", [str(status) for status in StepStatus]),
        ("category", ["assertion", "network", "timeout", "parsing", "business", "system"]),
        ("phase", ["dns_time", "tcp_time", "tls_time", "server_time", "download_time"]),
        ("cause", ["case", "collection", "setup", "teardown", "crash", "interrupted"]),
        ("verdict", ["failed", "incomplete", "passed", "skipped", "empty"]),
    ],
)
def test_every_word_of_the_protocol_has_its_text(table, names):
    assert sorted(texts("en")[table]) == sorted(names)


@pytest.mark.parametrize("lang", html.LANGUAGES)
def test_the_policy_allows_this_script_and_this_style_and_nothing_else(lang):
    text = page([failed()], lang=lang)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]
    policy = policy.replace("&#39;", "'")

    assert policy.startswith("default-src 'none'; ")
    for tag in ('script type="module"', "style"):
        content = re.search(rf"<{tag}>(.*?)</{tag.split()[0]}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_the_page_refers_to_nothing_outside_itself():
    whole = page([failed()])
    style = re.search(r"<style>.*?</style>", whole, re.DOTALL)[0]
    text = re.sub(r"<(script|style)\b.*?</\1>", "", whole, flags=re.DOTALL)

    assert "url(" not in style
    assert "@import" not in style
    addresses = re.findall(r"""\b(?:src|href|action|srcset)\s*=\s*["']?([^"'\s>]*)""", text)
    assert {address for address in addresses if not address.startswith(("#", "data:"))} == set()
    assert "style=" not in text
    assert re.findall(r"\son\w+=", text) == []


@pytest.mark.parametrize(
    "text",
    ["</script><script>alert(1)</script>", "<!--<script>", "a\u2028b\u2029c", "&lt;", '"\\'],
)
def test_a_document_in_the_page_is_inert_and_comes_back_whole(text):
    made = page([document(text, meta={"nodeid": text})])

    found = re.findall(r'<script type="application/json" id="document-0">(.*?)</script>', made)
    assert json.loads(found[0])["test_case"]["name"] == text
    assert not re.search("[<>&\u2028\u2029]", found[0])


def test_a_row_escapes_what_it_shows():
    made = page([failed("<b>", meta={"tags": ['"><i>'], "nodeid": "'<u>"})])

    assert not re.search("<b>|<i>|<u>", made.replace("<b>0</b>", "").replace("<b>1</b>", ""))


def test_template_syntax_in_a_document_stays_text():
    made = page([failed("{{ 7*7 }} {% raw %} {total}")], interrupted="{{ 7*7 }}")

    assert '<bdi class="name">{{ 7*7 }} {% raw %} {total}</bdi>' in made
    assert "{{ 7*7 }}</p>" in made


def test_a_name_that_is_no_text_does_not_stop_the_writer():
    made = page([document("caf\udce9", meta={"nodeid": "caf\udce9.yaml"})])

    assert "caf?" in made.encode().decode()


def test_a_document_is_written_before_the_next_is_asked_for():
    asked = []

    def documents():
        for number in range(3):
            asked.append(number)
            yield document(f"case {number}")

    pieces = html.render_page(documents(), lang="en", run=RunInfo())
    assert any("case 0" in piece for piece in pieces)

    assert asked == [0]


def broken_file(name="bad.yaml"):
    made = failed(name, meta={"kind": "collection", "nodeid": name, "cause": "collection"})
    made["test_case"]["duration"] = None
    made["error_info"] |= {"type": "ConfigError", "category": "system"}
    made["statistics"] = {}
    return made


def visible_text(made):
    """What a reader sees, folded or not: without styles, scripts and data."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", "", made, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


@pytest.mark.parametrize(
    ("documents", "verdict", "cards"),
    [
        ([broken_file()], "Files that could not be collected: 1", "Cases 0 Passed 0 Failed 0"),
        (
            [failed(), document(), broken_file("x"), broken_file("y")],
            "1 of 2 cases failed · Files that could not be collected: 2",
            "Cases 2 Passed 1 Failed 1 files not collected: 2",
        ),
    ],
    ids=["files only", "files and cases"],
)
def test_a_file_that_could_not_be_collected_is_no_case(documents, verdict, cards):
    """Nor is a share of the cases known that passed."""
    text = visible_text(page(documents))

    assert verdict in text
    assert cards in text
    assert "Pass rate – unknown: files were not collected" in text
    assert f"Failed {sum(one['test_case']['status'] == 'failed' for one in documents)} " in text


@pytest.mark.parametrize(
    "documents", [[], [broken_file()]], ids=["nothing ran", "nothing was collected"]
)
@pytest.mark.parametrize("lang", html.LANGUAGES)
def test_what_nobody_measured_has_no_figure(documents, lang):
    assert " ms" not in visible_text(page(documents, lang=lang))
    assert "12.0 ms" in visible_text(page(documents, lang=lang, duration=0.012))


def test_a_page_without_rows_has_nothing_to_filter():
    made = page([])

    assert 'id="toolbar"' not in made
    assert "No case was run" in visible_text(made)


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        ("case", "用例无法按所写执行"),
        ("collection", "文件无法收集"),
        ("setup", "用例执行前的夹具出错"),
        ("teardown", "用例执行后的清理出错"),
        ("crash", "执行进程崩溃"),
        ("interrupted", "执行被中断"),
        ("", "系统错误"),
    ],
)
def test_what_failed_is_told_instead_of_a_system_error(cause, told):
    of_case = failed(meta={"cause": cause})
    of_case["error_info"] |= {"type": "ConfigError", "category": "system"}
    step = {"name": "ask", "status": "error", "error_info": of_case["error_info"]}
    of_step = failed(steps=[{**step, "meta": {"cause": cause}}])
    of_step["error_info"] = of_case["error_info"]

    for one in (of_case, of_step):
        assert f"ConfigError · {told} " in visible_text(page([one], lang="zh"))


def test_the_head_says_which_execution_it_was():
    about = {"execution_no": "AE20260130203036663", "plan": "2001", "environment": "staging"}
    more = {"build_url": "https://jenkins.test/job/7/", "seed": "42"}
    text = visible_text(page([failed()], about={**about, **more}, versions={"pytest": "9.0"}))

    head, _, rest = text.partition(" Cases 1 ")
    assert "Execution no. AE20260130203036663 Plan id 2001 Environment staging" in head
    assert "Build address https://jenkins.test/job/7/ Random seed 42 pytest 9.0" in rest


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("gnp.\u202eexe", "gnp.\\u202eexe"),
        ("a\0b", "a\\u0000b"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("\x1b[31m", "\\u001b[31m"),
        ("\u2066x", "\\u2066x"),
        ("支付 🧑\u200d💻", "支付 🧑\u200d💻"),
    ],
)
def test_nothing_hides_and_nothing_turns_the_text_around_it(raw, shown):
    assert f'<bdi class="name">{shown}</bdi>' in page([document(raw)])


def test_the_script_hides_and_shows_the_same_characters():
    source = ROOM.joinpath("elements.js").read_text(encoding="utf-8")
    theirs = re.compile(re.search(r"const UNSEEN = /(.*)/g;", source)[1])
    characters = [chr(number) for number in range(0x10000) if not 0xD800 <= number < 0xE000]

    shown = [one for one in characters if theirs.search(one)]
    assert shown == [one for one in characters if figures.escape_invisible(one) != one]
    assert len(shown) > 60


def test_failures_come_first_then_the_order_of_the_run():
    cases = [document("a"), document("b", "skipped"), failed("c"), document("d"), failed("e")]

    shown = re.findall(r'<bdi class="name">(\w)</bdi>', page(cases))
    assert shown == ["c", "e", "b", "a", "d"]


def test_a_failed_row_says_which_step_where_and_why():
    step = {
        "name": "pay",
        "status": "failed",
        "validations": [
            {"passed": True},
            {"passed": False, "path": "$.code", "type": "eq", "description": "业务码应为 0"},
        ],
        "meta": {"location": "cases/a.yaml:9", "checks": ["cases/a.yaml:12", "cases/a.yaml:14"]},
    }
    summary = rows.Summary()
    summary.add(failed(steps=[{"name": "in", "status": "success", "meta": {}}, step]))

    failure = summary.rows()[0].failure
    assert (failure.step, failure.location) == ("pay", "cases/a.yaml:14")
    assert (failure.check, failure.description) == ("$.code eq", "业务码应为 0")
    assert failure.message == "0 is not 1"


def bad_step(name, message, **more):
    error = {"type": "AssertionError", "category": "assertion", "message": message}
    return {"name": name, "status": "failed", "error_info": error, "meta": {}, **more}


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("1 of 2 rounds failed", ("read [2]", "no such item")),
        ("the fixture broke", ("read [2]", "the fixture broke")),
    ],
)
def test_a_failed_loop_is_told_by_the_step_that_failed_in_it(message, shown):
    steps = [
        bad_step("loop", "1 of 2 rounds failed"),
        {"name": "read [1]", "status": "success", "parent": "loop", "meta": {}},
        bad_step("read [2]", "no such item", parent="loop"),
    ]
    error = {"type": "AssertionError", "category": "assertion", "message": message}
    summary = rows.Summary()
    summary.add(document(status="failed", steps=steps, error_info=error))

    failure = summary.rows()[0].failure
    assert (failure.step, failure.message) == shown


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"meta": {"reason": "marked"}}, "marked"),
        ({"steps": [{"status": "skipped", "meta": {"reason": "only_if"}}]}, "only_if"),
        ({"error_info": {"message": "Skipped: no database"}}, "Skipped: no database"),
        ({}, ""),
    ],
)
def test_a_skipped_row_says_why(more, reason):
    summary = rows.Summary()
    summary.add(document(status="skipped", **more))

    assert summary.rows()[0].reason == reason


@pytest.mark.parametrize(
    ("statuses", "complete", "verdict"),
    [
        ([], True, "empty"),
        (["skipped"], True, "skipped"),
        (["passed", "skipped"], True, "passed"),
        (["passed"], False, "incomplete"),
        (["passed", "failed"], True, "failed"),
        (["failed"], False, "failed"),
        (["passed", "exploded"], True, "failed"),
    ],
)
def test_only_a_whole_run_without_failures_is_a_success(statuses, complete, verdict):
    summary = rows.Summary()
    for status in statuses:
        summary.add(document(status=status))

    assert summary.verdict(complete=complete) == verdict


@pytest.mark.parametrize(("collected", "missing"), [(None, 0), (2, 0), (5, 3)])
def test_tests_without_a_result_are_counted(collected, missing):
    summary = rows.Summary()
    for one in (document("a"), document("b"), failed("c", meta={"kind": "collection"})):
        summary.add(one)

    assert summary.missing(collected) == missing


def test_a_link_to_a_case_is_the_same_in_the_next_run_and_unique_in_this():
    def anchors(*names):
        summary = rows.Summary()
        for name in names:
            summary.add(document(name))
        return [row.anchor for row in summary.rows()]

    first, again, other = anchors("a", "a", "b")
    assert again == f"{first}-2"
    assert anchors("b", "a") == [other, first]


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "–"),
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (2, 3, "66.6 %"),
        (9999, 10_000, "99.9 %"),
        (1, 10_000, "< 0.1 %"),
    ],
)
def test_all_and_none_are_never_rounded_to(part, whole, shown):
    assert figures.percentage(part, whole) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-01-30T20:30:36.663852", "2026-01-30 20:30:36"),
        ("2026-01-30T20:30:36+08:00", "2026-01-30 20:30:36 +08:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_moments_are_shown_as_they_are_without_fractions(text, shown):
    assert figures.timestamp(text) == shown


def test_a_long_error_is_cut_in_the_list_only():
    long = failed()
    long["error_info"] = {**long["error_info"], "message": "x" * 5000}
    made = page([long])

    assert re.search(r'<span class="message">(x+) …</span>', made)[1] == "x" * 2000
    assert "x" * 5000 in made
