"""Files as the older engine's first dialect has them: what they sent is sent."""

import re
import time

import pytest
import yaml

from pytest_sisyphus import run_cases
from pytest_sisyphus.convert import older_polls

HEAD = "name: c\nconfig:\n  base_url: HOST\n  variables: {n: 5, words: [a, b]}\nsteps:\n"

#: (steps, what is sent)
SENT = {
    "get": ("- {name: a, type: request, method: GET, url: /anything}", ["GET /anything "]),
    "post json": (
        "- {name: a, type: request, method: POST, url: /anything, body: {x: 1.50, y: 'yes'}}",
        ['POST /anything {"x": 1.50, "y": "yes"}'],
    ),
    "text body": (
        "- name: a\n  type: request\n  method: PUT\n  url: /anything\n  body: |\n    one\n    # two\n",
        ["PUT /anything one\n# two\n"],
    ),
    "one-key step": ("- ask:\n    type: request\n    url: /anything", ["GET /anything "]),
    "params": (
        "- {name: a, url: /anything, params: {q: 'a b', n: '${n}'}}",
        ["GET /anything?q=a+b&n=5 "],
    ),
    "default": ("- {name: a, url: '/anything?x=${missing:7}'}", ["GET /anything?x=7 "]),
    "default text": ("- {name: a, url: '/anything?x=${missing:-abc}'}", ["GET /anything?x=abc "]),
    "condition": (
        "- {name: a, url: /anything/1, condition: '${n} == 4'}\n- {name: b, url: /anything/2, condition: '${n} == 5'}",
        ["GET /anything/2 "],
    ),
    "disabled": (
        "- {name: a, url: /no, enabled: false}\n- {name: b, url: /anything}",
        ["GET /anything "],
    ),
    "same names": (
        "- {name: a, url: /anything/1}\n- {name: a, url: /anything/2}",
        ["GET /anything/1 ", "GET /anything/2 "],
    ),
    "loop": (
        "- name: l\n  type: loop\n  loop_type: for\n  loop_count: 2\n  loop_steps:\n  - {name: a, url: '/anything/${index}'}",
        ["GET /anything/0 ", "GET /anything/1 "],
    ),
    "while": (
        "- name: l\n  type: loop\n  loop_type: while\n  loop_condition: '${index} < 2'\n  loop_max: 9\n  loop_steps:\n  - {name: a, url: /anything}",
        ["GET /anything ", "GET /anything "],
    ),
    "poll": (
        "- name: p\n  type: request\n  url: /anything\n  poll_config: {condition: '${status_code} == 200', max_attempts: 3, interval: 10}",
        ["GET /anything "],
    ),
    "extract": (
        "- name: a\n  url: /anything/7\n  extractors: [{name: p, type: jsonpath, path: $.path, on_failure: ignore}]\n- {name: b, url: '${p}/8'}",
        ["GET /anything/7 ", "GET /anything/7/8 "],
    ),
    "setup": (
        "- {name: a, url: /anything/2}\nsetup:\n- {name: s, url: /anything/1}",
        ["GET /anything/1 ", "GET /anything/2 "],
    ),
    "concurrent": (
        "- name: c\n  type: concurrent\n  max_concurrency: 1\n  concurrent_steps:\n  - {name: a, url: /anything/1}\n  - {name: b, url: /anything/2}",
        ["GET /anything/1 ", "GET /anything/2 "],
    ),
    "mapping of checks": (
        "- {name: a, url: /anything, validations: {status_code: 200}}",
        ["GET /anything "],
    ),
    "output": ("- {name: a, url: /anything, capture_output: true}", ["GET /anything "]),
    "quoting": (
        "- {name: a, method: POST, url: /anything, body: {a: '# no', b: 'x: y', c: '012', d: null, e: true, f: '', g: \"t\\tb\"}}",
        [
            'POST /anything {"a": "# no", "b": "x: y", "c": "012", "d": null, "e": true, "f": "", "g": "t\\tb"}'
        ],
    ),
    "functions": (
        "- {name: a, url: \"/anything?${'x' if uuid_str() != now_us() else 'y'}\"}",
        ["GET /anything?x "],
    ),
}


@pytest.mark.parametrize("kind", SENT)
def test_what_was_sent_is_sent(sent, kind):
    steps, expected = SENT[kind]

    asked, statuses, ended = sent(f"{HEAD}{steps}\n")

    said = [f"{one['method']} {one['target']} {one['body']}" for one in asked]
    assert said == expected, ended.text
    assert statuses == ["passed"]
    assert ended.code == 0, ended.said


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("fooo: {a: 1}", "steps[0].fooo: unknown key 'fooo'"),
        ("validations: [{type: eqq, path: $.a, expect: 1}]", "no check 'eqq'; did you mean 'eq'?"),
        ("extractors: [{name: s, path: $.a.sum()}]", "write ${found | sum}"),
        ("extractors: [{name: s, path: $.path, extract_all: true}]", "write a path with [*]"),
        ("script_file: nowhere.py", "there is no such file beside the case"),
    ],
)
def test_what_cannot_be_converted_stands_in_both(sent, key, said):
    asked, statuses, ended = sent(f"{HEAD}- name: a\n  url: /anything\n  {key}\n")

    assert ended.code == 1
    assert ":8: NOT CONVERTED: " in ended.said
    assert said in ended.said
    assert "  # NOT CONVERTED: line 8, " in ended.text
    assert "tags: [unconverted]" in ended.text
    assert [one["target"] for one in asked] == ["/anything"]
    assert statuses == ["passed"]


def test_comments_are_kept(converted):
    text = "# top\nname: c  # its name\nsteps:\n  # first\n  - name: a\n    url: http://x.test/#part  # where\n# end\n"

    assert converted(text).text == text


def test_what_holds_anchors_aside_is_no_unknown_key(sent):
    common = "x-common: &c {type: request, method: PUT, timeout: 9}\n"
    steps = "- {<<: *c, name: a, url: /anything, timeout: 5}\n"
    asked, _, ended = sent(f"{common}{HEAD}{steps}")

    assert [one["method"] for one in asked] == ["PUT"]
    assert ended.code == 0
    assert "x-common.timeout: of an anchor, and nothing takes it" in ended.said


def test_a_step_that_only_has_an_address_gets_a_name(sent):
    asked, _, ended = sent(f"{HEAD}- url: /anything\n")

    assert [one["target"] for one in asked] == ["/anything"]
    assert "steps[0]: this step had no name; it is now 'step 1'" in ended.said


def test_what_is_of_no_step_stands_at_the_top(converted):
    step = "[{name: a, url: http://x.test}]\n"
    text = f"name: c\nsetup: {step}hooks: 5\nsteps: {step}"

    assert converted(text).text.startswith("# NOT CONVERTED: line 3, hooks: 5 ")


def test_sections_that_were_replaced_are_left_out(converted):
    ended = converted("name: c\nconfig: {verbose: true}\nsteps: [{name: a, url: http://x.test}]\n")

    assert ended.code == 0
    assert "left out: config.verbose: the command line" in ended.said
    assert "4 values: 3 used, 1 left out, 0 not converted" in ended.said


def test_a_file_is_replaced_only_by_force(converted):
    text = "name: c\nsteps: [{name: a, url: http://x.test}]\n"
    first = converted(text)

    again = converted(text.replace("name: c", "name: d"))
    assert (again.code, again.text) == (4, first.text)
    assert (
        "new.yaml: is there already; say --force to replace it\nnothing was written" in again.said
    )

    forced = converted(text.replace("name: c", "name: d"), "--force")
    assert (forced.code, forced.text.splitlines()[0]) == (0, "name: d")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b\n", "old.yaml:1"),
        ("name: c\nname: d\nsteps: []\n", "key 'name' stands twice"),
        ("name: [\n", "not YAML"),
        ("name: c\nsteps: []\n", "steps"),
        ("", "the file is empty"),
    ],
)
def test_what_is_no_such_file_is_said_in_a_line(converted, text, said):
    ended = converted(text)

    assert (ended.code, ended.text) == (4, None)
    assert said in ended.said
    assert "Traceback" not in ended.said


def test_checking_writes_nothing(converted):
    ended = converted("name: c\nsteps: [{name: a, url: http://x.test}]\n", "--check")

    assert (ended.code, ended.text) == (0, None)


@pytest.mark.parametrize(
    ("condition", "told"),
    [("x == null", True), ("null != x", True), ("x == 1", False), ("is_null == x", False)],
)
def test_a_condition_with_null_is_told_from_either_side(converted, condition, told):
    step = f"{{name: a, url: http://x.test, only_if: '${{{condition}}}'}}"
    ended = converted(f"name: c\nvariables: {{x: 1, is_null: 1}}\nsteps: [{step}]\n")
    assert ("compares with null" in ended.said) is told


POLL = "- name: p\n  type: TYPE\n  url: /flaky/PATH/1\n  poll_config:\n    condition: {CONDITION}\n    max_attempts: 4\n    interval: 10\n"


@pytest.mark.parametrize(
    ("kind", "condition", "until"),
    [
        ("request", "type: jsonpath, path: $.ok, operator: eq, expect: true", "response.body.ok == true"),
        ("poll", "path: $.ok, operator: ne, expect: false", "response.body.ok != false"),
        ("poll", "type: status_code, operator: lt, expect: 300", "status_code < 300"),
    ],
)  # fmt: skip
def test_a_poll_waits_for_what_its_condition_names(sent, kind, condition, until):
    path = f"polls-{kind}-{len(condition)}"
    steps = POLL.replace("TYPE", kind).replace("PATH", path).replace("CONDITION", condition)
    asked, statuses, ended = sent(f"{HEAD}{steps}")

    assert [one["target"] for one in asked] == [f"/flaky/{path}/1"] * 2
    assert (statuses, ended.code) == (["passed"], 0), ended.said
    lines = ("until: " + until, "max_attempts: 4", "interval: 0.01", "timeout: 60")
    assert all(f"    {one}\n" in ended.text for one in lines), ended.text


@pytest.mark.parametrize(
    ("condition", "until"),
    [
        ("path: '$.data.items[0].state', expect: done", 'response.body.data.items[0].state == "done"'),
        ("path: \"$.data['a b']\", operator: exists", 'response.body.data["a b"] != null'),
        ("path: $.order-id, operator: ge, expect: 5", 'response.body["order-id"] >= 5'),
        ("path: $.names, operator: contains, expect: '${n}'", "n in response.body.names"),
        ("path: $.状态, expect: 完成", 'response.body.状态 == "完成"'),
        ("path: $, expect: null", "response.body == null"),
        ("path: $.a, operator: exists, expect: true", "response.body.a != null"),
    ],
)  # fmt: skip
def test_the_condition_of_a_poll_becomes_an_expression(converted, condition, until):
    steps = POLL.replace("TYPE", "poll").replace("CONDITION", condition)
    ended = converted(f"{HEAD}{steps}".replace("HOST", "http://x.test"))

    assert ended.code == 0, ended.said
    assert f"    until: {until}\n" in ended.text.replace("'", "")


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("type: script, path: x", "no condition of type 'script': write until"),
        ("path: $.a, operator: like, expect: 1", "no operator 'like'; known: eq, ne, gt"),
        ("path: '$.items[*].a', expect: 1", "the path '$.items[*].a' may select several values"),
        ("path: $.a, expect: 'a${n}'", "what is expected stands in no expression"),
        ("path: $.a, operator: exists, expect: maybe", "what is expected stands in no expression"),
        ("type: status_code, expect: '${status_code}'", "in until, status_code is the answer's: "),
        ("path: $.s, expect: '${body.s}'", "in until, body is the answer's: give the variable"),
        ("path: $.s, expect: ['${url}']", "in until, url is the answer's: give the variable"),
    ],
)
def test_a_poll_whose_condition_is_no_expression_is_told_of(converted, condition, said):
    steps = POLL.replace("TYPE", "poll").replace("CONDITION", condition)
    ended = converted(f"{HEAD}- {{name: a, url: /a}}\n{steps}".replace("HOST", "http://x.test"))

    assert ended.code == 1
    assert f":11: NOT CONVERTED: steps[1].poll_config.condition: {said}" in ended.said
    assert "steps[1]: poll needs until" in ended.said


def test_a_case_of_which_nothing_is_left_says_why(converted):
    steps = POLL.replace("TYPE", "poll").replace("CONDITION", "path: $.s, expect: '${url}'")
    ended = converted(f"{HEAD}{steps}".replace("HOST", "http://x.test"))

    assert (ended.code, ended.text) == (4, None)
    refused, reason, _ = ended.said.splitlines()
    assert ":10:16: in until, url is the answer's: " in reason
    assert reason.endswith(" (at steps[0].poll_config.condition)")
    assert refused.endswith(":6:3: poll needs until (at steps[0])")


def test_every_name_of_an_answer_is_known_to_be_its_own(sent):
    names = "${response | list | join(',')}"
    steps = (
        f'- {{name: a, url: /anything}}\n- {{name: b, url: /anything, params: {{n: "{names}"}}}}'
    )
    asked, _, ended = sent(f"{HEAD}{steps}\n")

    found = set(asked[1]["query"]["n"].split(","))
    assert {"status_code", "body"} <= found <= older_polls._OF_ANSWER, ended.said


@pytest.mark.parametrize(("path", "status"), [("$.error.text", "passed"), ("$.ok", "failed")])
def test_a_poll_until_something_is_gone_waits_for_that(sent, path, status):
    poll = POLL.replace("TYPE", "poll").replace("PATH", f"gone-{status}")
    steps = poll.replace("CONDITION", f"path: {path}, operator: exists, expect: false")
    asked, statuses, ended = sent(f"{HEAD}{steps}")

    assert (len(asked), statuses) == (1 if status == "passed" else 4, [status]), ended.said


TIMES = (
    "- name: p\n  type: TYPE\n  url: /a\n  OWN\n  poll_config: {condition: '${n} == 5', POLLED}\n"
)


@pytest.mark.parametrize(
    ("kind", "own", "polled", "written"),
    [
        ("poll", "interval: 3", "timeout: 5000", {"interval": "3", "timeout": "5"}),
        ("wait", "timeout: 30", "interval: 500", {"interval": "0.5", "timeout": "30"}),
        ("poll", "", "interval: '500', timeout: '9000'", {"interval": "0.5", "timeout": "9"}),
        ("poll", "", "interval: '${n}'", {"interval": "${n | float / 1000}", "timeout": "60"}),
        ("poll", "", "interval: '${n + 1}'", {"interval": "${(n + 1) | float / 1000}"}),
    ],
)
def test_only_times_of_poll_config_were_milliseconds(converted, kind, own, polled, written):
    steps = TIMES.replace("TYPE", kind).replace("OWN", own).replace("POLLED", polled)
    steps = steps.replace("  url: /a\n", "") if kind == "wait" else steps
    ended = converted(f"{HEAD}{steps}".replace("HOST", "http://x.test"))

    assert ended.code == 0, ended.said
    for key, value in written.items():
        assert f"    {key}: {value}\n" in ended.text


def test_a_template_of_milliseconds_is_reckoned_as_seconds(sent):
    variables = "{n: 5, ms: '20'}"
    step = "- {name: p, url: /flaky/ms/1, poll_config: {interval: '${ms}', timeout: '${9000}', condition: {path: $.ok, expect: true}}}"
    head = f"name: c\nconfig: {{base_url: HOST, variables: {variables}}}\nsteps:\n"
    asked, statuses, ended = sent(f"{head}{step}\n")

    assert (len(asked), statuses, ended.code) == (2, ["passed"], 0), ended.said


@pytest.mark.parametrize(
    ("own", "polled", "path", "said"),
    [
        ("type: poll", "interval: 5s", "interval", "these were milliseconds: write interval with"),
        ("type: poll", "timeout: '${n}00'", "timeout", "these were milliseconds: write timeout"),
        ("interval: 1", "interval: 5", "interval", "the step has its own interval, which stays"),
        ("max_attempts: 2", "max_retries: 5", "max_retries", "the step has its own max_attempts"),
    ],
)
def test_what_a_poll_cannot_take_over_is_told_of(converted, own, polled, path, said):
    steps = TIMES.replace("type: TYPE", own).replace("  OWN\n", "").replace("POLLED", polled)
    ended = converted(f"{HEAD}{steps}".replace("HOST", "http://x.test"))

    assert ended.code == 1
    assert f"NOT CONVERTED: steps[0].poll_config.{path}: {said}" in ended.said


def test_what_a_poll_did_in_vain_is_told(converted):
    steps = POLL.replace("TYPE", "poll").replace("CONDITION", "type: status_code, expect: 200")
    rest = "  timeout: 5\n  validations: [{type: exists, path: $.a}]\n  on_timeout: {behavior: BEHAVIOR, message: m}\n"
    text = f"{HEAD}{steps}{rest}".replace("HOST", "http://x.test")
    fails = converted(text.replace("BEHAVIOR", "fail"))
    goes_on = converted(text.replace("BEHAVIOR", "continue"), "--force")

    assert fails.code == 0
    assert "      timeout: 5\n" in fails.text  # of one request
    assert "steps[0].validations: the older engine asked again while these failed" in fails.said
    assert "left out: steps[0].on_timeout: the step fails" in fails.said
    assert goes_on.code == 1
    assert "NOT CONVERTED: steps[0].on_timeout: a step that waits in vain fails" in goes_on.said


def test_an_extractor_takes_the_first_match_as_it_did(sent):
    names = "- {name: a, path: '$..[\"path\", \"method\"]'}\n  - {name: all, path: '$.query[*]', extract_all: true}"
    steps = f"- name: ask\n  url: /anything/1?x=1&y=2\n  extractors:\n  {names}\n"
    asked, _, ended = sent(
        f"{HEAD}{steps}- {{name: b, url: '/anything?a=${{a}}&n=${{all | length}}'}}\n"
    )

    assert asked[1]["query"]["n"] == "2"
    assert asked[1]["query"]["a"] in ("/anything/1", "GET")
    assert ended.code == 0, ended.said


@pytest.mark.parametrize(
    ("extractors", "written"),
    [
        ("[{name: v, path: $.body}]", [{"name": "v", "path": "$"}]),
        ("[{name: v, path: '$.body[0].id'}]", [{"name": "v", "path": "$[0].id"}]),
        ("[{name: v, path: \"$['body']['id']\"}]", [{"name": "v", "path": "$['id']"}]),
        ("[{name: v, path: '$.body[*]'}]", [{"name": "v", "path": "$[*]", "index": 0}]),
        ("[{name: v, path: $.bodywork}]", [{"name": "v", "path": "$.bodywork"}]),
        ("[{name: v, path: $.body-work}]", [{"name": "v", "path": "$.body-work"}]),
        (
            "[{name: v, path: '$.a[*]', extract_all: false}]",
            [{"name": "v", "path": "$.a[*]", "index": 0}],
        ),
        ("{name: v, path: $.body.a}", {"name": "v", "path": "$.a"}),
        ("{v: $.body.a, w: $.b}", {"v": "$.a", "w": "$.b"}),
        ("{v: '$.body[*].a'}", {"v": {"path": "$[*].a", "index": 0}}),
        ("{v: {path: $.body.a}}", {"v": {"path": "$.a"}}),
    ],
)
@pytest.mark.parametrize("key", ["extractors", "extract"])
def test_an_extractor_begins_at_the_body(converted, key, extractors, written):
    ended = converted(f"name: c\nsteps: [{{name: a, url: http://x.test, {key}: {extractors}}}]\n")

    assert ended.code == 0, ended.said
    assert yaml.safe_load(ended.text)["steps"][0][key] == written


def test_an_included_extractor_is_no_path(converted, tmp_path):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/v.json").write_text('{"path": "$.a"}')
    extractors = "{v: !include parts/../parts/v.json}"
    step = f"{{name: a, url: http://x.test, extractors: {extractors}}}"
    ended = converted(f"name: c\nsteps: [{step}]\n")

    assert "v: !include parts/../parts/v.json\n" in ended.text


def test_what_becomes_of_extract_all_is_told_as_it_is(converted):
    extractors = "[{name: v, path: '$.a[*]', extract_all: false}, {name: w, path: '$.a[*]', extract_all: true}]"
    ended = converted(
        f"name: c\nsteps: [{{name: a, url: http://x.test, extractors: {extractors}}}]\n"
    )

    told = re.findall(r"left out: steps.0..extractors(...).extract_all: (.*)", ended.said)
    assert told == [
        ("[0]", "one match is taken without it"),
        ("[1]", "a path with [*] or .. gives all matches; one alone is itself, not a list of one"),
    ]


def test_a_check_of_the_first_match_is_told_of(converted):
    checks = "[{type: len_eq, path: '$.items[*]', expect: 2}, {type: contains, path: '$.items[*]', expect: 2}, {type: eq, path: '$.items[0]', expect: 2}]"
    ended = converted(f"name: c\nsteps: [{{name: a, url: http://x.test, validations: {checks}}}]\n")

    told = "steps[0].validations[0].path: the older engine looked at the first match"
    assert told in ended.said
    assert ended.said.count("looked at the first match") == 1


@pytest.mark.parametrize(("more", "told"), [("", True), (", data_iterations: true", False)])
def test_rows_that_were_not_read_are_told_of(converted, more, told):
    config = f"{{data_source: [{{a: 1}}, {{a: 2}}]{more}}}"
    ended = converted(f"name: c\nconfig: {config}\nsteps: [{{name: a, url: http://x.test}}]\n")

    assert ("config.data_source: the older engine read rows only with" in ended.said) is told


def test_a_retry_on_one_word_is_a_list_of_what_it_names(converted, tmp_path):
    policy = "{max_attempts: 1, base_delay: 0.01, retry_on: RequestException}"
    steps = f"- {{name: a, url: 'http://127.0.0.1:1/', retry_policy: {policy}}}\n"
    ended = converted(f"name: c\nsteps:\n{steps}")
    (report,) = run_cases(tmp_path / "new.yaml", root=tmp_path)

    assert ended.code == 0, ended.said
    assert report.document()["steps"][0]["retry_count"] == 1


def test_of_several_unknown_words_of_a_retry_each_is_told_of_and_the_rest_stays(converted):
    policy = "{retry_on: [server_error, 5xx, oops, RequestException], stop_on: AssertionError}"
    step = f"{{name: a, url: http://x.test, retry_policy: {policy}}}"
    ended = converted(f"name: c\nsteps: [{step}]\n")

    assert 'retry_on: ["5xx", network, timeout]' in ended.text
    assert "stop_on: AssertionError" in ended.text
    told = re.findall(r"NOT CONVERTED: (\S+): '(\w+)' is no category", ended.said)
    path = "steps[0].retry_policy.retry_on"
    assert told == [(f"{path}[0]", "server_error"), (f"{path}[2]", "oops")]


CASE = "name: c\nconfig: {base_url: HOST, variables: {env: test, n: 5}}\nsteps:\n"


@pytest.mark.parametrize(
    ("condition", "runs"),
    [
        ("{and: ['${n} == 5', '${env} == test']}", True),
        ("{or: ['${n} == 6', {not: '${env} == prod'}]}", True),
        ("{and: ['${n} == 5', {not: ['${env} == test']}]}", False),
        ("['${n} == 5', \"${env} == 'prod'\"]", False),
        ("${env} == test", True),
        ("${env} == defined or ${env} == contains", False),
        ("${env} != test and ${n} == 5", False),
        ("${n} > 3 or ${env} == prod", True),
    ],
)
def test_a_condition_decides_as_it_did(sent, condition, runs):
    asked, _, ended = sent(
        f"{CASE}- name: a\n  url: /anything\n  only_if: {condition}\n- {{name: b, url: /b}}\n"
    )

    assert [one["target"] for one in asked] == ["/anything", "/b"][not runs :]
    assert (ended.code, ended.said.count("changed")) == (0, 0), ended.said


def test_a_condition_of_other_mappings_is_not_converted(converted):
    condition = "{xor: ['${n} == 5']}"
    ended = converted(f"name: c\nsteps: [{{name: a, url: http://x.test, only_if: {condition}}}]\n")

    assert "NOT CONVERTED: steps[0].only_if: a condition is a text" in ended.said


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("env == 'test'", "env"),
        ("${n} == 5 and env == 'test' or ready", "env, ready"),
        ("'${env}' == 'env' and ${n} in [1, 5] and len(${env}) > 2", None),
        ("'a ${env}' == 'b' if ${n} == 5 else false", None),
        ("${n} is defined and ${env} is not none and not ready.now", "ready"),
        ("${env} matches 'p.*'", None),
        ("${env} startswith t", None),
        ("yes", None),
        ("${env} == test and yes", "yes"),
    ],
)
def test_words_that_were_texts_in_a_condition_are_told_of(converted, condition, names):
    step = f'{{name: a, url: http://x.test, skip_if: "{condition}"}}'
    variables = "{env: test, n: 5, ready: true}"
    ended = converted(f"name: c\nconfig: {{variables: {variables}}}\nsteps: [{step}]\n")

    told = re.findall("changed: steps.0..skip_if: the older engine read (.*) as text", ended.said)
    assert told == ([] if names is None else [names])


def test_variables_that_name_one_of_the_profile_are_told_of(converted):
    config = "{variables: {a: 1, b: 1, c: 'x${a}', d: '${b}', e: ['${a}']}, active_profile: p, profiles: {p: {variables: {a: 2, b: 1}}}}"
    ended = converted(f"name: c\nconfig: {config}\nsteps: [{{name: a, url: http://x.test}}]\n")

    assert (
        "config.variables.c: the older engine put the value of config.variables for a" in ended.said
    )
    assert ended.said.count("the value of config.variables for") == 1


def test_the_message_of_a_check_is_its_description(converted):
    inner = "{type: eq, path: $.a, expect: 1, error_message: inside}"
    checks = f"[{{type: and, error_message: both, description: d, sub_validations: [{inner}]}}]"
    ended = converted(f"name: c\nsteps: [{{name: a, url: http://x.test, validations: {checks}}}]\n")

    assert "description: inside" in ended.text
    assert "left out: steps[0].validations[0].error_message: a failure shows" in ended.said
    assert ended.code == 0


def test_lists_and_mappings_that_were_sent_as_python_writes_them_are_told_of(sent):
    variables = "{host: HOST, l: [a, 1], m: {x: 1}, t: text}"
    step = "- {name: a, url: '${host}/anything', params: {l: '${l}', m: '${m}', in: 'x ${l}', t: '${t}'}}\n"
    asked, _, ended = sent(f"name: c\nconfig: {{variables: {variables}}}\nsteps:\n{step}")

    assert asked[0]["target"].startswith("/anything?l=a&l=1&m=%7B%22x%22%3A+1%7D&in=x+%5B%22a%22")
    told = re.findall(r"changed: steps.0..params.(\w+): (.*)", ended.said)
    assert told == [
        ("l", "the older engine sent ['a', 1]; now each of its values is sent"),
        ("m", "the older engine sent {'x': 1}; now JSON is sent"),
        ("in", "the older engine sent ['a', 1]; now JSON is sent"),
    ]


@pytest.mark.parametrize(
    "step",
    [
        "url: '%s'" % ("{%" * 100_000),
        "url: '${%s'" % (" " * 20_000),
        "url: /a, extractors: [{name: x, path: '$%s'}]" % ("[" * 100_000),
        "url: /a, poll_config: {condition: {path: '$%s!', expect: 1}}" % (".a" * 40),
        "url: /a, extractors: [{name: x, type: regex, pattern: '%s'}]" % ("(" * 100_000),
    ],
    ids=["blocks", "spaces", "brackets", "keys", "groups"],
)
def test_texts_that_never_close_take_no_time(converted, step):
    began = time.process_time()
    ended = converted(f"name: c\nsteps: [{{name: a, {step}}}, {{name: b, url: http://x.test}}]\n")

    assert "name: b" in ended.text
    assert time.process_time() - began < 8  # under one when linear, minutes otherwise


def test_a_block_of_a_template_is_not_converted(converted):
    steps = "[{name: a, url: http://x.test, body: 'a {% if x %}b{% endif %}', description: '5 % {a}'}, {name: s, type: script, script: 'x = \"{% a %}\"'}]"
    ended = converted(f"name: c\nsteps: {steps}\n")

    told = re.findall(r"NOT CONVERTED: (\S+): the older engine carried out {% … %}", ended.said)
    assert (told, ended.code) == (["steps[0].body"], 1)
