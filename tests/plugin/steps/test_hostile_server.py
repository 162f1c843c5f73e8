"""What a server sends is data: never code, a template, SQL, a condition or a file name.

Each text is fetched, kept in a variable, and then used in every place where a value flows. It must
arrive there letter by letter, and nothing may run: a canary file would be made by whoever evaluates
`open(…)`, the arithmetic would show its result.
"""

import contextlib
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import parse_qsl, quote

import pytest

HOSTILE = [
    "${7*7}",
    "$${7*7}",
    "{{7*7}}",
    "{% set x = 49 %}{{x}}",
    "{# gone #}${x}",
    "${env('PATH')}",
    "${config.variables.password}",
    "${''.__class__.__mro__[1].__subclasses__()}",
    "${db_query('drop table orders')}",
    "') or 1=1 --",
    "'; drop table orders; --",
    ":name ? %s %(x)s",
    "__import__('os').system('touch canary')",
    "open('canary', 'w')",
    "1 or True",
    "' == '' or 'a' == 'a",
    "true",
    "$..*",
    "$[?(@.__class__)]",
    "(a+)+$",
    "../../etc/passwd",
    "!include /etc/passwd",
    "a\r\nX-Evil: 1",
    "<script>alert(49)</script>",
    "]]><evil/>",
    '"; __import__("os")._exit(3) #',
    "\x1b[2J",
]
#: of these, the first line of a header, a file name or a URL cannot hold them all.
ONE_LINE = [text for text in HOSTILE if text.isprintable()]


def fetch(text, name="v"):
    """A step that gets the text from the server."""
    url = "/raw?type=text/plain&body=" + quote(text, safe="")
    return (
        f"- {{name: fetch, url: {json.dumps(url)}, extractors: [{{name: {name}, type: body}}]}}\n"
    )


@pytest.fixture
def given(run_yaml, server):
    """`given(steps)`: for each text a case that fetches it into `v`, then does the steps (`NUMBER`
    is its own); all in one run. The cases by their texts."""

    def run(steps, *args, texts=HOSTILE, config=""):
        files = {}
        for number, text in enumerate(texts):
            variables = "variables: {password: hunter2-canary, x: 1}"
            case = (
                f"name: c{number}\n"
                f"config: {{base_url: '{server.url}', headers: {{X-Case: c{number}}}, {variables}"
                f"{config and ', ' + config}}}\n"
                f"steps:\n{fetch(text)}{steps}\n"
            )
            files[f"c{number}__yaml"] = case.replace("NUMBER", str(number))
        made = run_yaml(None, *args, **files)
        assert not Path("canary").exists()
        documents = {document["test_case"]["name"]: document for document in made.documents}
        cases = {text: Case(documents[f"c{n}"], server) for n, text in enumerate(texts)}
        assert every(cases, lambda case: case.steps["fetch"]["status"]) == dict.fromkeys(
            texts, "success"
        )
        return cases

    return run


class Case:
    def __init__(self, document, server):
        self.document = document
        self.steps = {step["name"]: step for step in document["steps"]}
        name = document["test_case"]["name"]
        #: by the steps after the one that fetched the text.
        self.asked = [one for one in server.requests if one["headers"].get("X-Case") == name][1:]

    def error(self, step):
        return self.steps[step]["error_info"]["message"]

    def statuses(self, *steps):
        return [self.steps[step]["status"] for step in steps]


def every(cases, look):
    """What the look finds at each case, by its text: an assertion names those that differ."""
    return {text: look(case) for text, case in cases.items()}


#: (where, the keys of a step, what of the request holds the text)
REQUEST_PLACES = {
    "params": ('params: {q: "${v}"}', lambda sent: sent["query"]["q"]),
    "mixed params": ('params: {q: "<${v}>"}', lambda sent: sent["query"]["q"][1:-1]),
    "url": ('url: "/anything?q=${url_encode(v)}"', lambda sent: sent["query"]["q"]),
    "json body": ('json: {a: ["${v}"]}', lambda sent: sent["json"]["a"][0]),
    "json key": ('json: {"${v}": 1}', lambda sent: next(iter(sent["json"]))),
    "text body": ('body: "${v}"', lambda sent: sent["body"]),
    "mixed text body": ('body: "a ${v} b"', lambda sent: sent["body"][2:-2]),
    "form": ('form: {q: "${v}"}', lambda sent: dict([_form(sent["body"])])["q"]),
    "data": ('data: {q: "${v}"}', lambda sent: dict([_form(sent["body"])])["q"]),
}


def _form(body):
    return parse_qsl(body, keep_blank_values=True)[0]


def test_in_a_request_it_is_sent_as_it_is(given):
    steps = "".join(
        f"- {{name: {name}, method: POST, {'' if name == 'url' else 'url: /anything, '}{keys}}}\n"
        for name, (keys, _) in REQUEST_PLACES.items()
    )
    cases = given(steps)

    def arrived(case):
        sent = zip(REQUEST_PLACES.items(), case.asked, strict=True)
        return {name: found(request) for (name, (_, found)), request in sent}

    assert every(cases, arrived) == {text: dict.fromkeys(REQUEST_PLACES, text) for text in HOSTILE}


def test_in_a_header_and_a_cookie_it_is_sent_as_it_is(given):
    cases = given('- {name: s, url: /anything, headers: {X-V: "${v}"}}', texts=ONE_LINE)

    arrived = every(cases, lambda case: case.asked[-1]["headers"]["X-V"])
    assert arrived == {text: text for text in ONE_LINE}


def test_in_a_header_it_makes_no_second_one(given):
    (case,) = given(
        '- {name: s, url: /anything, headers: {X-V: "${v}"}}', texts=["a\r\nX-Evil: 1"]
    ).values()

    assert "holds a line break" in case.error("s")
    assert case.asked == []


def test_in_the_path_of_a_url_it_reaches_the_same_server(given):
    cases = given('- {name: s, url: "/anything/${v}"}')

    for text, case in cases.items():
        (asked,) = case.asked
        assert asked["path"] not in {"/anything/49", "/anything/"}, text
        assert "hunter2" not in asked["target"], text


def test_as_an_expectation_it_equals_itself_only(given):
    checks = '[{eq: ["$", "${v}"]}, {contains: ["$", "${v}"]}, {in: ["$", ["${v}"]]}, {eq: [status_code, "${v}"]}]'

    cases = given(
        '- {name: s, url: /raw, params: {type: text/plain, body: "${v}"}, '
        f"validations: {checks}}}"
    )

    passed = every(cases, lambda case: [one["passed"] for one in case.steps["s"]["validations"]])
    assert passed == {text: [True, True, True, False] for text in HOSTILE}


def test_as_an_extractors_path_it_picks_nothing_that_runs(given):
    kinds = ("jsonpath", "regex", "header", "cookie")
    steps = "".join(
        f"- {{name: {kind}, url: '/raw?body=x', extractors: "
        f"[{{name: w{len(kind)}, type: {kind}, path: '${{v}}', default: none}}]}}\n"
        for kind in kinds
    )
    cases = given(steps)

    def found(case):
        values = [case.steps[kind].get("extracted_vars", {}).get(f"w{len(kind)}") for kind in kinds]
        return [value for value in values if value not in (None, "none", "x", "")]

    assert every(cases, found) == {text: [] for text in HOSTILE}


def test_as_a_checks_path_it_never_passes_by_running(given):
    cases = given(
        '- {name: s, url: "/raw?body=49", validations: [{type: eq, path: "${v}", expect: 49}]}'
    )

    passed = every(cases, lambda case: [one["passed"] for one in case.steps["s"]["validations"]])
    assert passed == {text: [False] for text in HOSTILE}


CONDITIONS = {
    "as the whole": '"${v}"',
    "in quotes": "\"'${v}' == 'no'\"",
    "compared": "\"${v} == 'no'\"",
    "inside an expression": "\"${v == 'no'}\"",
    "bare": "\"v == 'no'\"",
}
#: of all texts, what a condition may be that holds.
UNTRUE = [text for text in HOSTILE if text != "true"]


def test_in_a_condition_it_is_a_value(given):
    """W1"""
    steps = "".join(
        f"- {{name: {name}, url: /ran, only_if: {condition}}}\n"
        for name, condition in CONDITIONS.items()
    )
    cases = given(steps, texts=UNTRUE)

    for text, case in cases.items():
        assert case.asked == [], text
        assert set(case.statuses(*CONDITIONS)) <= {"skipped", "error"}, text


def test_in_a_condition_that_is_looked_at_again(given):
    """W1"""
    steps = """
- {name: w, type: wait, condition: "'${v}' == 'no'", max_wait: 0.01, interval: 0.01}
- {name: p, type: poll, request: {url: /anything}, until: "${v} == 'no'", max_attempts: 1}
- {name: l, type: loop, loop_type: while, loop_condition: "'${v}' == 'no'", loop_steps: [{name: x, url: /ran}]}
"""
    cases = given(steps, texts=UNTRUE)

    for text, case in cases.items():
        assert "/ran" not in {request["path"] for request in case.asked}, text
        assert case.statuses(*"wpl") == ["failed", "failed", "skipped"], text


def test_as_loop_items_it_is_an_item_or_refused(given):
    steps = (
        '- {name: l, type: loop, loop_type: foreach, loop_items: ["${v}"], '
        "loop_steps: [{name: x, method: POST, url: /anything, body: '${item}'}]}\n"
        '- {name: whole, type: loop, loop_type: foreach, loop_items: "${v}", '
        "loop_steps: [{name: y, url: /ran}]}"
    )
    for text, case in given(steps).items():
        assert case.asked[-1]["body"] == text
        assert "loop_items must be a list" in case.error("whole"), text


def test_in_scripts_it_is_a_value(run_steps, server):
    """W2, all texts in one run: a process each would take a minute."""
    fetches = "".join(
        fetch(text, f"v{number}").replace("name: fetch", f"name: f{number}")
        for number, text in enumerate(HOSTILE)
    )
    script = """
- name: s
  type: script
  script: |
    kept = [get_var(f"v{n}") for n in range(%d)]
    literal = "${v0}"
- {name: sent, method: POST, url: /anything, json: {kept: "${kept}", literal: "${literal}"}}
"""
    run_steps(fetches + script % len(HOSTILE))

    assert server.requests[-1]["json"] == {"kept": HOSTILE, "literal": "${v0}"}
    assert not Path("canary").exists()


def test_in_sql_it_is_a_value_or_refused(given):
    shops = [Path(f"shop{number}.db") for number in range(len(HOSTILE))]
    for shop in shops:
        with contextlib.closing(sqlite3.connect(shop)) as made, made:
            made.execute("create table orders (note)")
            made.execute("insert into orders values ('kept')")
    steps = """
- {name: insert, type: database, database: "sqlite:///shopNUMBER.db", operation: execute, sql: "insert into orders values (:n)", params: {n: "${v}"}}
- {name: pasted, type: database, database: "sqlite:///shopNUMBER.db", operation: execute, sql: "update orders set note = '${v}'"}
- {name: alone, type: database, database: "sqlite:///shopNUMBER.db", operation: execute, sql: "${v}"}
- {name: function, url: /anything, params: {q: "${db_query('select count(*) from orders where note = ?', v, alias='shop')}"}}
"""
    cases = given(steps, config='databases: {shop: "sqlite:///shopNUMBER.db"}')

    for shop, (text, case) in zip(shops, cases.items(), strict=True):
        with contextlib.closing(sqlite3.connect(shop)) as made:
            notes = [note for (note,) in made.execute("select note from orders")]
        assert notes in (["kept", text], [text, text])
        assert case.statuses("function", "alone") == ["success", "error"], text


def test_in_mock_rules_it_is_a_value(given):
    steps = """
- name: s
  method: POST
  url: /x
  body: {v: "${v}"}
  mock:
    rules:
      - name: wrong
        request: {url: /x}
        condition: "'${v}' == 'no' or request.body.v == 'no'"
        response: {body: {ran: 49}}
      - {name: right, request: {url: /x}, response: {headers: {X-A: b}, body: {v: "${v}", again: "${request.body.v}"}}}
  validations: [{eq: ["$.v", "${v}"]}, {eq: ["$.again", "${v}"]}]
"""
    cases = given(steps)

    assert every(cases, lambda case: case.statuses("s")) == {text: ["success"] for text in HOSTILE}


def test_as_a_file_name_it_stays_inside_the_root(given):
    cases = given('- {name: s, method: POST, url: /anything, files: {f: "${v}"}}')

    for text, case in cases.items():
        assert case.statuses("s") == ["error"], text
        assert case.asked == [], text


def test_in_data_rows_it_is_a_value(run_yaml, server):
    texts = [text for text in HOSTILE if "\r" not in text]
    run = run_yaml(
        f"""
        name: rows
        config:
          base_url: {server.url}
          data_source: {{type: json, file_path: rows.json}}
        steps:
          - {{name: s, method: POST, url: /anything, json: {{a: "${{v}}", b: "${{data.v}}"}}}}
        """,
        rows__json=json.dumps([{"id": f"r{n}", "v": text} for n, text in enumerate(texts)]),
    )

    assert run.outcomes == {"passed": len(texts)}
    assert [one["json"] for one in server.requests] == [{"a": text, "b": text} for text in texts]


def test_in_reports_it_is_text(given, capsys):
    reports = ("json", "html", "junit", "csv")
    given(
        '- {name: "s ${v}", method: POST, url: /anything, body: "${v}", validations: [{eq: ["$.body", "${v}!"]}]}',
        *(f"--sisyphus-report={name}:r.{name}" for name in reports),
    )

    written = Path("r.json").read_text(encoding="utf-8")
    found = [document["final_variables"]["v"] for document in json.loads(written)]
    assert sorted(found) == sorted(HOSTILE)
    assert "<script>alert(49)" not in Path("r.html").read_text(encoding="utf-8")
    assert ET.parse("r.junit").getroot().find(".//evil") is None
    assert not re.search(r"hunter2-canary", written)
    printed = capsys.readouterr().out
    assert f"{len(HOSTILE)} failed" in printed
    assert "\x1b[2J" not in printed
