"""What a server sends is data: never code, a template, SQL, a condition or a file name.

Each text is fetched, kept in a variable, and then used in every place where a value flows. It must
arrive there letter by letter, and nothing may run: a canary file would be made by whoever evaluates
`open(…)`, the arithmetic would show its result.
"""

import json
import re
import sqlite3
from pathlib import Path
from urllib.parse import quote

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
def given(run_steps, server):
    """`given(text, steps)`: the steps, after the text was fetched into `v`."""

    def run(text, steps, *args, config="", **files):
        made = run_steps(
            fetch(text) + steps,
            *args,
            config="variables: {password: hunter2-canary, x: 1}\n" + config,
            **files,
        )
        assert not Path("canary").exists()
        assert made.steps["fetch"]["status"] == "success"
        return made

    return run


def asked(server):
    return server.requests[-1]


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
    from urllib.parse import parse_qsl

    return parse_qsl(body, keep_blank_values=True)[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_in_a_request_it_is_sent_as_it_is(given, server, text):
    steps = "".join(
        f"- {{name: {name}, method: POST, {'' if name == 'url' else 'url: /anything, '}{keys}}}\n"
        for name, (keys, _) in REQUEST_PLACES.items()
    )
    given(text, steps)

    sent = zip(REQUEST_PLACES.items(), server.requests[1:], strict=True)
    arrived = {name: found(request) for (name, (_, found)), request in sent}
    assert arrived == dict.fromkeys(REQUEST_PLACES, text)


@pytest.mark.parametrize("text", ONE_LINE)
def test_in_a_header_and_a_cookie_it_is_sent_as_it_is(given, server, text):
    given(text, '- {name: s, url: /anything, headers: {X-V: "${v}"}}')

    assert asked(server)["headers"]["X-V"] == text


def test_in_a_header_it_makes_no_second_one(given, server):
    run = given("a\r\nX-Evil: 1", '- {name: s, url: /anything, headers: {X-V: "${v}"}}')

    assert "holds a line break" in run.error("s")
    assert len(server.requests) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_in_the_path_of_a_url_it_reaches_the_same_server(given, server, text):
    given(text, '- {name: s, url: "/anything/${v}"}')

    assert len(server.requests) == 2
    assert asked(server)["path"] not in {"/anything/49", "/anything/${7*7}".replace("${7*7}", "")}
    assert "hunter2" not in asked(server)["target"]


@pytest.mark.parametrize("text", HOSTILE)
def test_as_an_expectation_it_equals_itself_only(given, text):
    url = "/raw?type=text/plain&body=" + quote(text, safe="")
    checks = '[{eq: ["$", "${v}"]}, {contains: ["$", "${v}"]}, {in: ["$", ["${v}"]]}, {eq: [status_code, "${v}"]}]'

    run = given(text, f"- {{name: s, url: {json.dumps(url)}, validations: {checks}}}")

    passed = [check["passed"] for check in run.steps["s"]["validations"]]
    assert passed == [True, True, True, False]


@pytest.mark.parametrize("text", HOSTILE)
def test_as_an_extractors_path_it_picks_nothing_that_runs(given, text):
    kinds = ("jsonpath", "regex", "header", "cookie")
    steps = "".join(
        f"- {{name: {kind}, url: '/raw?body=x', extractors: "
        f"[{{name: w{len(kind)}, type: {kind}, path: '${{v}}', default: none}}]}}\n"
        for kind in kinds
    )
    run = given(text, steps)

    found = {kind: run.steps[kind].get("extracted_vars", {}).get(f"w{len(kind)}") for kind in kinds}
    assert [value for value in found.values() if value not in (None, "none", "x", "")] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_as_a_checks_path_it_never_passes_by_running(given, text):
    run = given(
        text,
        '- {name: s, url: "/raw?body=49", validations: [{type: eq, path: "${v}", expect: 49}]}',
    )

    (check,) = run.steps["s"]["validations"]
    assert not check["passed"]


CONDITIONS = {
    "as the whole": '"${v}"',
    "in quotes": "\"'${v}' == 'no'\"",
    "compared": "\"${v} == 'no'\"",
    "inside an expression": "\"${v == 'no'}\"",
    "bare": "\"v == 'no'\"",
}


@pytest.mark.parametrize("text", [text for text in HOSTILE if text != "true"])
def test_in_a_condition_it_is_a_value(given, server, text):
    """W1"""
    steps = "".join(
        f"- {{name: {name}, url: /ran, only_if: {condition}}}\n"
        for name, condition in CONDITIONS.items()
    )
    run = given(text, steps)

    assert len(server.requests) == 1
    assert {run.steps[name]["status"] for name in CONDITIONS} <= {"skipped", "error"}


@pytest.mark.parametrize("text", [text for text in HOSTILE if text != "true"])
def test_in_a_condition_that_is_looked_at_again(given, server, text):
    """W1"""
    steps = """
- {name: w, type: wait, condition: "'${v}' == 'no'", max_wait: 0.01, interval: 0.01}
- {name: p, type: poll, request: {url: /anything}, until: "${v} == 'no'", max_attempts: 1}
- {name: l, type: loop, loop_type: while, loop_condition: "'${v}' == 'no'", loop_steps: [{name: x, url: /ran}]}
"""
    run = given(text, steps)

    assert "/ran" not in {request["path"] for request in server.requests}
    assert [run.steps[name]["status"] for name in "wpl"] == ["failed", "failed", "skipped"]


@pytest.mark.parametrize("text", HOSTILE)
def test_as_loop_items_it_is_an_item_or_refused(given, server, text):
    steps = (
        '- {name: l, type: loop, loop_type: foreach, loop_items: ["${v}"], '
        "loop_steps: [{name: x, method: POST, url: /anything, body: '${item}'}]}\n"
        '- {name: whole, type: loop, loop_type: foreach, loop_items: "${v}", '
        "loop_steps: [{name: y, url: /ran}]}"
    )
    run = given(text, steps)

    assert asked(server)["body"] == text
    assert "loop_items must be a list" in run.error("whole")


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

    assert asked(server)["json"] == {"kept": HOSTILE, "literal": "${v0}"}
    assert not Path("canary").exists()


@pytest.mark.parametrize("text", HOSTILE)
def test_in_sql_it_is_a_value_or_refused(given, text):
    with sqlite3.connect("shop.db") as made:
        made.execute("create table orders (note)")
        made.execute("insert into orders values ('kept')")
    made.close()
    steps = """
- {name: insert, type: database, database: "sqlite:///shop.db", operation: execute, sql: "insert into orders values (:n)", params: {n: "${v}"}}
- {name: pasted, type: database, database: "sqlite:///shop.db", operation: execute, sql: "update orders set note = '${v}'"}
- {name: alone, type: database, database: "sqlite:///shop.db", operation: execute, sql: "${v}"}
- {name: function, url: /anything, params: {q: "${db_query('select count(*) from orders where note = ?', v, alias='shop')}"}}
"""
    run = given(text, steps, config='databases: {shop: "sqlite:///shop.db"}')

    with sqlite3.connect("shop.db") as shop:
        notes = [note for (note,) in shop.execute("select note from orders")]
    shop.close()
    assert notes in (["kept", text], [text, text])
    assert run.steps["function"]["status"] == "success"
    assert run.steps["alone"]["status"] == "error"


@pytest.mark.parametrize("text", HOSTILE)
def test_in_mock_rules_it_is_a_value(given, text):
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
    run = given(text, steps)

    assert run.steps["s"]["status"] == "success", run.stdout


@pytest.mark.parametrize("text", HOSTILE)
def test_as_a_file_name_it_stays_inside_the_root(given, server, text):
    run = given(text, '- {name: s, method: POST, url: /anything, files: {f: "${v}"}}')

    assert run.steps["s"]["status"] == "error"
    assert asked(server)["path"] == "/raw"


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\r" not in text])
def test_in_data_rows_it_is_a_value(run_yaml, server, text):
    rows = json.dumps([{"id": "r", "v": text}])
    run = run_yaml(
        f"""
        name: rows
        config:
          base_url: {server.url}
          data_source: {{type: json, file_path: rows.json}}
        steps:
          - {{name: s, method: POST, url: /anything, json: {{a: "${{v}}", b: "${{data.v}}"}}}}
        """,
        rows__json=rows,
    )

    assert run.outcomes == {"passed": 1}
    assert asked(server)["json"] == {"a": text, "b": text}


@pytest.mark.parametrize("text", HOSTILE)
def test_in_reports_it_is_text(given, text):
    reports = ("json", "html", "junit", "csv")
    run = given(
        text,
        '- {name: "s ${v}", method: POST, url: /anything, body: "${v}", validations: [{eq: ["$.body", "${v}!"]}]}',
        *(f"--sisyphus-report={name}:r.{name}" for name in reports),
    )

    document = json.loads(Path("r.json").read_text(encoding="utf-8"))
    assert document["final_variables"]["v"] == text
    assert "<script>alert(49)" not in Path("r.html").read_text(encoding="utf-8")
    import xml.etree.ElementTree as ET

    assert ET.parse("r.junit").getroot().find(".//evil") is None
    assert "\x1b[2J" not in run.stdout
    assert not re.search(r"hunter2-canary", Path("r.json").read_text(encoding="utf-8"))
