"""Spellings of older files get the hint that says what to write, and what it says works."""

import re

import pytest
from languages import is_chinese

from pytest_sisyphus.source.diagnostics import SpecError

#: (a step's keys beside its name, the key path, the whole message)
ROWS = [
    ("url: /x, condition: '${a}'", "condition", "unknown key 'condition'; write only_if (or skip_if), which decides whether the step runs"),
    ("url: /x, poll_config: {interval: 1}", "poll_config", "unknown key 'poll_config'; write a step of type poll, or a wait with a request block: until, interval, timeout or max_attempts, and backoff are keys of the step"),
    ("type: script, script: '1', script_file: a.py", "script_file", "unknown key 'script_file'; a script stands in the case: write 'script: |' with its lines below"),
    ("type: script, script: '1', capture_output: true", "capture_output", "unknown key 'capture_output'; leave it out: what a script prints is always kept, as $.output"),
    ("type: loop, loop_type: for, loop_count: 1, loop_max: 5, loop_steps: [{name: a, url: /x}]", "loop_max", "unknown key 'loop_max'; write max_iterations"),
    ("url: /x, extractors: [{name: a, path: $.a, condition: '${a}'}]", "extractors[0].condition", "unknown key 'condition'; write only_if at the step: an extractor always runs with its step"),
    ("url: /x, extractors: [{name: a, path: $.a, extract_all: true}]", "extractors[0].extract_all", "unknown key 'extract_all'; leave it out: a path with [*] or .. extracts all its matches, several as a list"),
    ("url: /x, extractors: [{name: a, path: $.a, on_failure: skip}]", "extractors[0].on_failure", "unknown key 'on_failure'; write 'default: VALUE' for the value when nothing matches; 'required: false' leaves the variable without one"),
    ("url: /x, body: '${now_us()}'", "body", "no function 'now_us'; write date('%Y%m%d%H%M%S%f'), a text, or timestamp_us(), a number"),
    ("url: /x, body: 'a ${uuid_str()}'", "body", "no function 'uuid_str'; write uuid4(), with dashes, or uuid(), without"),
    ("url: /x, skip_if: \"strftime('%Y') == '1'\"", "skip_if", "no function 'strftime'; write date('%Y-%m-%d'), or now().strftime('%Y-%m-%d')"),
    ("url: '/${sign(1)}'", "url", "no function 'sign'; a function of your own comes from the hook pytest_sisyphus_functions in a conftest.py (docs/en/extending.md)"),
    ("url: '/${len(a)}'", "url", "no function 'len'; write ${found | length}"),
    ("url: '/${str(a)}'", "url", "no function 'str'; write ${found | string}"),
    ("url: /x, foreach: [1]", "foreach", "write a step of type loop: loop_type: foreach, loop_items and loop_steps"),
    ("url: /x, parameters: [1]", "parameters", "rows are the case's, in config.data_source; a URL's values are params"),
    ("url: /x, skip: true", "skip", "unknown key 'skip'; write skip_if: true, or a condition"),
    ("url: /x, priority: P0", "priority", "unknown key 'priority'; write tags at the top level of the case, such as tags: [P0]"),
    ("url: /x, author: me", "author", "unknown key 'author'; write tags at the top level of the case"),
    ("type: loop, loop_type: for, loop_count: 1, times: 3, loop_steps: [{name: a, url: /x}]", "times", "unknown key 'times'; write loop_type: for and loop_count"),
    ("type: loop, loop_type: foreach, loop_items: [1], items: [2], loop_steps: [{name: a, url: /x}]", "items", "write loop_type: foreach and loop_items"),
    ("type: loop, loop_type: for, loop_count: 1, steps: [], loop_steps: [{name: a, url: /x}]", "steps", "unknown key 'steps'; write loop_steps"),
    ("type: poll, request: {url: /x}, until: status_code == 200, times: 3", "times", "unknown key 'times'; write max_attempts"),
    ("type: database, sql: select 1, database: {type: mysql, host: h, pwd: x}", "database.pwd", "unknown key 'pwd'; write password"),
    ("type: database, sql: select 1, database: {type: mysql, host: h, db: x}", "database.db", "unknown key 'db'; write database"),
    ("url: /x, auth: {bearer: geheim}", "auth", "auth type 'basic' has no key 'bearer'; write {type: bearer, token: …}"),
    ("url: /x, auth: {digest: [a, geheim]}", "auth", "; write {type: digest, username: …, password: …}"),
    ("url: /x, auth: {token: geheim}", "auth", "; write {type: bearer, token: …}"),
    ("url: /x, extractors: {n: '余额：(.*)'}", "extractors.n", "; a regular expression is written {type: regex, path: '余额：(.*)'}"),
    ("url: /x, extractors: {n: \"b'=(.*)\"}", "extractors.n", "{type: regex, path: 'b''=(.*)'}"),
    ("url: /x, extractors: [{token: content.data.token}]", "extractors[0].token", "in a list an extractor is {name: …, path: …}; in short, without the '-', it is extractors: {token: $.data.token}"),
    ("url: /x, save: {a: $.a}", "save", "unknown key 'save'; write extractors: {name: path}, such as {id: $.data.id}"),
    ("url: /x, asserts: [1]", "asserts", "unknown key 'asserts'; write validations: [{eq: [path, value]}], such as eq: [$.code, 0]"),
    ("url: /x, poll: {times: 3}", "poll", "unknown key 'poll'; write type: poll, until, interval and max_attempts, and request: {url: …}"),
    ("url: /x, database: d", "database", "unknown key 'database'; with it the step needs type: database"),
    ("url: /x, default_encoding: gkb", "default_encoding", 'no charset "gkb"; known are utf-8, gbk, gb18030, big5, …'),
    ("url: /x, timeout: 500ms", "timeout", 'expected a number of seconds, got "500ms"; write 0.5'),
    ("url: /x, timeout: 12345678s", "timeout", 'expected a number of seconds, got "12345678s"; write 12345678'),
    ("url: /x, retry_policy: {backoff_multiplier: 2m}", "retry_policy.backoff_multiplier", 'expected a number, got "2m"'),
    ("type: wait, seconds: 2 分钟", "seconds", 'expected a number of seconds, got "2 分钟"; write 120'),
    ("type: poll, request: {url: /}, until: {eq: [a, 1]}", "until", "a condition is a text, such as ${n} > 1, or a boolean, not a mapping"),
    ("url: '/${v:x y}'", "url", "unexpected ':' at character 5 of '/${v:x y}'; for a default write ${v | default('x y')}"),
    ("url: '/${a.b:-5}'", "url", "for a default write ${a.b | default(5)}"),
    ("url: /x, skip_if: '${v:default} == 1'", "skip_if", "for a default write ${v | default('default')}"),
    ("url: /x, extractors: {a: '$.a[*].sum()'}", "extractors.a", "; paths only select: extract what sum() is asked of as a variable, say 'found', and write ${found | sum}"),
    ("url: /x, extractors: {a: 'avg($.a)'}", "extractors.a", "and write ${(found | sum) / (found | length)}"),
    ("url: /x, extractors: {a: '$.a.min()'}", "extractors.a", "and write ${found | min}"),
    ("url: /x, validations: [{eq: ['$.a.max()', 1]}]", "validations[0].eq[0]", "and write ${found | max}"),
    ("url: /x, validations: [{eq: ['$.a.sort()', 1]}]", "validations[0].eq[0]", "and write ${found | sort}"),
    ("url: /x, validations: [{type: eq, path: '$.a.unique()', expect: 1}]", "validations[0].path", "and write ${found | unique}"),
    ("url: /x, validations: [{eq: ['$.a.keys()', 1]}]", "validations[0].eq[0]", "and write ${found | list}"),
    ("url: /x, validations: [{eq: ['$.a.join(\",\")', 1]}]", "validations[0].eq[0]", "and write ${found | join(',')}"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "path", "message"), ROWS, ids=[keys for keys, _, _ in ROWS])
def test_it_says_what_to_write(engine, keys, path, message):
    said = engine.complaint(f"- {{name: s, {keys}}}")

    assert message in said
    assert f"(at steps[0].{path})" in said
    assert "did you mean" not in said
    assert "belongs in" not in said


#: (keys of a case, where the complaint stands and what it says)
OF_A_CASE = [
    ("priority: P0", "case.yaml:2:1: unknown key 'priority'; write tags, such as tags: [P0] (at priority)"),
    ("level: 1", "case.yaml:2:1: unknown key 'level'; write tags, such as tags: [P0]"),
    ("skip: true", "case.yaml:2:1: unknown key 'skip'; write enabled: false, or marks: [{skip: a reason}]"),
    ("parameters: [1]", "unknown key 'parameters'; write config.data_source: a list of rows, each of which is a test"),
    ("case_id: TC-001", "case.yaml:2:10: case_id is a number, got \"TC-001\"; a key is written case_key: TC-001 (at case_id)"),
]  # fmt: skip


def complaint_of_case(engine, keys):
    with pytest.raises(SpecError) as error:
        engine.read(f"name: a\n{keys}\nsteps: [{{name: s, url: /}}]\n")
    return str(error.value)


@pytest.mark.parametrize(("keys", "said"), OF_A_CASE)
def test_it_says_what_to_write_in_a_case(engine, keys, said):
    assert said in complaint_of_case(engine, keys)


def test_it_says_that_in_chinese_as_well(engine, set_to_chinese):
    said = [complaint_of_case(engine, keys) for keys, _ in OF_A_CASE]

    assert [one for one in said if not is_chinese(one)] == []


def test_a_list_is_told_where_its_steps_belong(engine):
    with pytest.raises(SpecError) as error:
        engine.read("- name: s\n  url: /\n")

    assert "a case is a mapping, not a list; of a list of steps write name: …" in str(error.value)


def test_what_a_case_must_have_is_shown(engine):
    with pytest.raises(SpecError) as error:
        engine.read("steps:\n- url: /\n")

    assert str(error.value).splitlines() == [
        "case.yaml:1:1: 'name' is missing; for example name: order and pay (at name)",
        "case.yaml:2:3: 'name' is missing; for example name: pay (at steps[0].name)",
    ]


def test_a_number_stays_one(engine):
    (case,) = engine.read("name: a\ncase_id: 7\nsteps: [{name: s, url: /}]\n")

    assert case.case_id == 7


def test_what_it_says_holds_no_secret(engine):
    said = [engine.complaint(f"- {{name: s, {keys}}}") for keys, *_ in ROWS if "geheim" in keys]

    assert len(said) == 3
    assert "geheim" not in "".join(said)


def test_each_hint_is_given_in_chinese_as_well(engine, set_to_chinese):
    said = [engine.complaint(f"- {{name: s, {keys}}}") for keys, *_ in ROWS]

    assert [one for one in said if not is_chinese(one)] == []


def test_the_file_is_told_of_the_command_that_rewrites_it(engine):
    rewrites = "sisyphus-api-convert engine PATH -o NEW"
    said = engine.complaint("- {name: s, url: /x, poll_config: {}, condition: 1 == 1}")

    assert said.count(rewrites) == 1
    assert rewrites in engine.complaint("- {name: s, url: '/${now_us()}'}")
    assert rewrites not in engine.complaint("- {name: s, url: /x, conditoin: 1}")
    assert rewrites not in engine.complaint("- {name: s, type: wait, condition: '${'}")


def test_a_word_of_no_failure_is_refused(engine):
    said = engine.complaint("- {name: s, url: /x, retry_policy: {retry_on: [server_error]}}")

    assert (
        "'server_error' is no category, error type or status code; known: 4xx, 5xx, assertion, "
        "business, network, parsing, system, timeout, validation"
    ) in said


@pytest.mark.parametrize("path", ["$.sum", "$['max(a)']", "$.a.length()", "$.checksum"])
def test_a_path_that_can_be_read_is_none_of_them(engine, path):
    engine.prepared(f'- {{name: s, url: /x, extractors: [{{name: a, path: "{path}"}}]}}')


#: what a template says -> its value, for `found: [3, 2, 4]`; of a mapping for keys.
SAID = {
    "${v | default('x y')}": "x y",
    "${a.b | default(5)}": 5,
    "${v | default('default')}": "default",
    "${found | length}": 3,
    "${found | string}": "[3,2,4]",
    "${found | sum}": 9,
    "${(found | sum) / (found | length)}": 3,
    "${found | min}": 2,
    "${found | max}": 4,
    "${found | sort}": [2, 3, 4],
    "${found | unique}": [3, 2, 4],
    "${found | list}": ["k"],
    "${found | join(',')}": "3,2,4",
}


def test_what_it_says_to_write_works(engine):
    said = {found[1] for row in ROWS if (found := re.search(r"write (\$\{.*\})$", row[2]))}
    assert said == SAID.keys()

    for text, value in SAID.items():
        found = {"k": 1} if "list" in text else [3, 2, 4]
        ran = engine.run(
            "- {name: s, type: wait, seconds: 0}",
            config=f'variables: {{made: "{text}", a: {{}}, found: {found}}}',
        )
        assert ran.variables["made"] == value, text


def test_the_functions_that_it_names_are_there(engine):
    ran = engine.run(
        """
        - name: s
          type: wait
          seconds: 0
          validations:
          - assert: "timestamp_us() > 0 && uuid4() != uuid()"
          - assert: "${date('%Y-%m-%d') == now().strftime('%Y-%m-%d')}"
        """
    )

    assert ran.status == "passed", ran.error("s")
