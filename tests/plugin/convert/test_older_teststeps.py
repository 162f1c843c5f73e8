"""Files as the older engine's newer dialect has them: what they sent is sent."""

import json
import time

import pytest

HEAD = "config:\n  name: c\n  base_url: HOST\n  variables: {n: 5}\nteststeps:\n"


def request(name, inside):
    return (
        f"- name: {name}\n  keyword_type: request\n  keyword_name: http\n  request: {{{inside}}}\n"
    )


FIRST = request("a", "url: /anything/7, extract: [{name: p, type: json, expression: $.path}]")
GET = ["GET /anything "]

#: (steps, what is sent)
SENT = {
    "get": (request("a", "method: GET, url: /anything"), GET),
    "variable": (request("a", "url: '/anything/{{n}}'"), ["GET /anything/5 "]),
    "params": (
        request("a", "url: /anything, params: {q: '{{ n }}', r: x y}"),
        ["GET /anything?q=5&r=x+y "],
    ),
    "json": (
        request("a", "method: POST, url: /anything, json: {a: [1, '{{n}}'], b: null}"),
        ['POST /anything {"a": [1, 5], "b": null}'],
    ),
    "form": (
        request("a", "method: POST, url: /anything, data: {a: b c, n: '{{n}}'}"),
        ["POST /anything a=b+c&n=5"],
    ),
    "data": (request("a", "method: POST, url: /anything, data: 'x={{n}}'"), ["POST /anything x=5"]),
    "foreign template": (
        request("a", "method: POST, url: /anything, data: 'x=${n}'"),
        ["POST /anything x=${n}"],
    ),
    "null body": (request("a", "url: /anything, json: null"), GET),
    "extract": (FIRST + request("b", "url: '{{p}}/8'"), ["GET /anything/7 ", "GET /anything/7/8 "]),
    "default": (
        request(
            "a", "url: /anything, extract: [{name: z, type: json, expression: $.none, default: d}]"
        )
        + request("b", "url: '/anything/{{z}}'"),
        ["GET /anything ", "GET /anything/d "],
    ),
    "status": (
        request(
            "a",
            "url: /status/404, validate: [{target: status_code, comparator: eq, expected: 404}]",
        ),
        ["GET /status/404 "],
    ),
    "status range": (
        request(
            "a",
            "url: /status/404, validate: [{target: status_code, comparator: gte, expected: 400}]",
        ),
        ["GET /status/404 "],
    ),
    "time": (
        request(
            "a",
            "url: /anything, validate: [{target: response_time, comparator: lt, expected: 60000}]",
        ),
        GET,
    ),
    "header": (
        request(
            "a",
            "url: /anything, validate: [{target: header, expression: content-type, comparator: contains, expected: json, message: m}]",
        ),
        GET,
    ),
    "environment variable": (
        request(
            "a",
            "url: /anything, validate: [{target: env_variable, expression: n, comparator: eq, expected: 5}]",
        ),
        GET,
    ),
    "comparators": (
        request(
            "a",
            "url: /anything, validate: ["
            "{target: json, expression: $.path, comparator: startswith, expected: /any},"
            "{target: json, expression: $.path, comparator: matches, expected: 'any.*'},"
            "{target: json, expression: $.path, comparator: type_match, expected: str},"
            "{target: json, expression: $.path, comparator: length_gt, expected: 3},"
            "{target: json, expression: $.path, comparator: is_not_null},"
            "{target: json, expression: $.path, comparator: neq, expected: x}]",
        ),
        GET,
    ),
    "assertion step": (
        request("a", "url: /anything")
        + "- name: s\n  keyword_type: assertion\n  assertion: {target: json, expression: $.path, comparator: eq, expected: /anything}\n",
        GET,
    ),
    "assertion of a variable": (
        FIRST
        + "- name: s\n  keyword_type: assertion\n  assertion: {source_variable: p, expression: $, comparator: eq, expected: /anything/7}\n",
        ["GET /anything/7 "],
    ),
    "extract step": (
        request("a", "url: /anything")
        + "- name: e\n  keyword_type: extract\n  extract: [{name: q, type: json, expression: $.path, scope: global}]\n"
        + request("b", "url: '{{q}}/2'"),
        ["GET /anything ", "GET /anything/2 "],
    ),
    "disabled": (
        "- name: o\n  enabled: false\n  keyword_type: request\n  request: {url: /no}\n"
        + request("a", "url: /anything"),
        GET,
    ),
    "same names": (
        request("a", "url: /anything/1") + request("a", "url: /anything/2"),
        ["GET /anything/1 ", "GET /anything/2 "],
    ),
    "function": (
        request(
            "a",
            "url: '/anything', validate: [{target: env_variable, expression: n, comparator: lt, expected: 6}], params: {y: '{{n}}'}",
        ),
        ["GET /anything?y=5 "],
    ),
}


@pytest.mark.parametrize("kind", SENT)
def test_what_was_sent_is_sent(sent, kind):
    steps, expected = SENT[kind]

    asked, statuses, ended = sent(HEAD + steps)

    said = [f"{one['method']} {one['target']} {one['body']}" for one in asked]
    assert said == expected, ended.text
    assert statuses == ["passed"], ended.text
    assert ended.code == 0, ended.said


def test_rows_go_over_the_environment(sent):
    asked, statuses, _ = sent(
        "config:\n  name: c\n  environment: {name: st, base_url: HOST, variables: {a: 9, b: 8}}\n"
        "ddts: {name: d, parameters: [{a: 1}, {a: 2}]}\nteststeps:\n"
        + request("r", "url: '/anything/{{a}}/{{b}}'")
    )

    assert [one["target"] for one in asked] == ["/anything/1/8", "/anything/2/8"]
    assert statuses == ["passed", "passed"]


def test_the_identity_of_a_scenario(converted):
    ended = converted(
        "config: {name: c, project_id: u-1, scenario_id: u-2, priority: P0, tags: [x]}\nteststeps:\n"
        + request("r", "url: http://x.test")
    )

    assert "case_key: " in ended.text
    assert "tags: [x, P0]" in ended.text
    assert "left out: config.project_id" in ended.said


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            "- {name: s, keyword_type: custom, keyword_name: sign, parameters: {a: 1}}",
            "with ${sign(…)} or a script",
        ),
        (
            "- {name: s, keyword_type: db, db: {datasource: main, sql: select 1}}",
            "set MAIN_DATABASE_URL",
        ),
        (request("s", "url: /b, files: {f: store/x}"), "paths of an object store"),
        (
            request("s", "url: /b, extract: [{name: v, expression: $.path, scope: environment}]"),
            "outlives its case",
        ),
        (
            request("s", "url: /b, extract: [{name: v, expression: $.path, source_variable: n}]"),
            "reads its own step's",
        ),
        (
            request(
                "s",
                "url: /b, validate: [{target: json, expression: $.a, comparator: near, expected: 1}]",
            ),
            "by 'near'",
        ),
        (request("s", "url: /b, proxy: x"), "files of the older engine have no such key here"),
        (request("s", "url: '/{{sign_it(a)}}'"), "sign_it"),
        (
            "- {name: s, keyword_type: extract, extract: {name: v, expression: $.a, source_variable: n}}",
            "the variable 'n'",
        ),
    ],
)
def test_what_cannot_be_converted_stands_in_both(converted, step, said):
    ended = converted(HEAD.replace("HOST", "http://x.test") + request("a", "url: /a") + step + "\n")

    assert ended.code == 1
    assert "NOT CONVERTED: teststeps[1]" in ended.said
    assert said in ended.said
    assert "# NOT CONVERTED: line " in ended.text
    assert said in ended.text
    assert "tags: [unconverted]" in ended.text


@pytest.mark.parametrize(
    ("sql", "is_query"),
    [
        ("select 1", True),
        ("-- of them\n/* all */ ((SELECT 1))", True),
        ("/* a */ insert into t /* b */ select * from s", False),
        ("/* a */ delete from t; /* b */ select 1", False),
        ("/* a */ " * 500 + "insert into t values (1)", False),  # not in 2 ** 500 steps
        ("selected", False),
    ],
)
def test_a_query_is_told_by_its_first_word(converted, sql, is_query):
    step = f"- {{name: s, keyword_type: db, db: {{datasource: main, sql: {json.dumps(sql)}}}}}"
    ended = converted(HEAD.replace("HOST", "http://x.test") + step + "\n")
    assert ("operation: query" in ended.text) is is_query
    assert ("operation: execute" in ended.text) is not is_query


def test_a_text_of_which_no_template_closes_takes_no_time(converted):
    began = time.process_time()
    step = request("a", f"url: 'http://x.test/{'{{' * 100_000}'")
    ended = converted(f"{HEAD}{step}")

    assert ended.text is not None, ended.said[:500]
    assert time.process_time() - began < 8  # under one when linear, minutes otherwise
