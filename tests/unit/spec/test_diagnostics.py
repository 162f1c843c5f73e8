"""What can be known without running is said when the file is read: where, at which key, what."""

import re

import pytest
from engine_kit import accepted_by_schema
from languages import is_chinese

from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.context import SisyphusWarning

#: (a step's keys beside name and url, key path of the complaint, what it says)
STEP_ROWS = [
    ("method: 5", "method", "expected text"),
    ("method: [GET]", "method", "expected text"),
    ('method: "GE T"', "method", '"GE T" is no HTTP method'),
    ('method: ""', "method", "no HTTP method"),
    ("timeout: -1", "timeout", "greater than 0, got -1"),
    ("timeout: 0", "timeout", "greater than 0"),
    ("timeout: soon", "timeout", "expected a number"),
    ("timeout: true", "timeout", "expected a number"),
    ("timeout: 1e300", "timeout", "less than or equal to"),
    ("timeout: {connect: -1}", "timeout.connect", "greater than 0"),
    ("timeout: {conect: 1}", "timeout.conect", "did you mean 'connect'?"),
    ("retry_times: -1", "retry_times", "greater than or equal to 0, got -1"),
    ("retry_times: 1.5", "retry_times", "expected a whole number"),
    ("retry_times: 99999999999999999999", "retry_times", "less than or equal to"),
    ("retry_policy: {max_attempts: -1}", "retry_policy.max_attempts", "greater than or equal to 0"),
    ("retry_policy: {base_delay: -1}", "retry_policy.base_delay", "greater than or equal to 0"),
    ("retry_policy: {backoff_multiplier: 0}", "retry_policy.backoff_multiplier", "greater than 0"),
    ("retry_policy: {strategy: expo}", "retry_policy.strategy", "fixed, linear or exponential"),
    ("retry_policy: {retry_on: [netwrk]}", "retry_policy.retry_on[0]", "did you mean 'network'?"),
    ("retry_policy: {stop_on: [6xx]}", "retry_policy.stop_on[0]", "'6xx' is no category"),
    ("retry_policy: {strategy: nope, foo: 1}", "retry_policy.strategy", "not \"nope\""),
    ("retry_policy: {retry_on: 777}", "retry_policy.retry_on", "'777' is no category"),
    ("depends_on: s", "depends_on", "'s' names no earlier step"),
    ("depends_on: [5]", "depends_on[0]", "expected text"),
    ("cookies: [1]", "cookies", "cookies is a mapping or 'clear'"),
    ("cookies: cleer", "cookies", "cookies is a mapping or 'clear'"),
    ("headers: [a]", "headers", "expected a mapping"),
    ('headers: {"a b": 1}', "headers", '"a b" is no name of a header'),
    ('headers: {a: "x\\ny"}', "headers.a", "header 'a' holds a line break"),
    ("params: a=b", "params", 'expected a mapping, got "a=b"; for example params: {page: 1}'),
    ("setup: parts/login.yaml", "setup", "write !include parts/login.yaml"),
    ("file: a.png", "file", "unknown key 'file'; write files: {field: path}"),
    ("sleep: 2", "sleep", "write a step of its own, with type: wait and seconds"),
    ("request: {url: /}", "request", "write its keys, such as method and url, at the step itself"),
    ("auth: {type: oauth}", "auth.type", "no auth type 'oauth'"),
    ("auth: {type: basic, username: x}", "auth", "needs password"),
    ('auth: {type: bearer, token: "${nofn()}"}', "auth.token", "no function 'nofn'"),
    ("proxies: {http: 5}", "proxies.http", "expected text"),
    ("files: {f: 5}", "files.f", "expected a mapping, got 5"),
    ("files: {f: ../../x}", "files.f", "lies outside of"),
    ("files: {f: no.bin}", "files.f", "there is no file 'no.bin' to upload"),
    ("files: {f: [{path: no.bin}]}", "files.f[0].path", "there is no file 'no.bin' to upload"),
    ("files: {f: {path: x, file_name: y}}", "files.f[0].file_name", "did you mean 'filename'?"),
    ("files: {f: [ok.bin, no.bin]}", "files.f[0]", "there is no file 'ok.bin' to upload"),
    ("body_file: no.bin", "body_file", "there is no file 'no.bin' to send (body_file)"),
    ("body_file: ../../x", "body_file", "'../../x' lies outside of"),
    ("body_file: [a]", "body_file", "expected text (put quotes around it), got a list"),
    ("body_file: case.yaml, body: 1", "body_file", "this one has body and body_file"),
    ("body_file: case.yaml, files: {f: case.yaml}", "body_file", "beside files the body is a mapping of form fields"),
    ("body_fil: case.yaml", "body_fil", "did you mean 'body_file' or 'body'?"),
    ("verify_ssl: no-such.pem", "verify_ssl", "there is no file 'no-such.pem' for verify_ssl"),
    ("verify_ssl: [ca.pem]", "verify_ssl", 'verify_ssl is true, false or the path of a CA file, got a list'),
    ("verify_ssl: 2", "verify_ssl", "verify_ssl is true, false or the path of a CA file, got 2"),
    ("verify_ssl: case.yaml", "verify_ssl", "verify_ssl: 'case.yaml' holds no certificate: PEM text with '-----BEGIN CERTIFICATE-----' is needed"),
    ("verify_ssl: ../../ca.pem", "verify_ssl", "'../../ca.pem' lies outside of"),
    ("cert: no.pem", "cert", "there is no file 'no.pem' for cert"),
    ("cert: [case.yaml, no.key]", "cert[1]", "there is no file 'no.key' for the key of cert"),
    ("cert: [a, b, c]", "cert", 'cert is the path of a client certificate, or [certificate, key], got a list'),
    ("cert: {cert: a, key: b}", "cert", "cert is the path of a client certificate, or [certificate, key]"),
    ("cert: true", "cert", "cert is the path of a client certificate, or [certificate, key], got true"),
    ("cert: case.yaml", "cert", "cert: 'case.yaml' holds no certificate"),
    ("certs: case.yaml", "certs", "did you mean 'cert'?"),
    ("body: 1, json: 2", "json", "this one has body and json"),
    ('body: {a: ["${nofn()}"]}', "body.a[0]", "no function 'nofn'"),
    ('body: {"${nofn()}": 1}', "body.${nofn()}", "no function 'nofn'"),
    ('body: "${md5()}"', "body", "wrong arguments for md5(value: Any) -> str: missing a required"),
    ('body: "a ${md5(1, 2)} b"', "body", "too many positional arguments in 'a ${md5(1, 2)} b'"),
    ('body: {"${md5()}": 1}', "body.${md5()}", "missing a required argument: 'value'"),
    ('body: "${random_str(len=3)}"', "body", "got an unexpected keyword argument 'len'"),
    ('body: "${uuid(1)}"', "body", "too many positional arguments"),
    ('body: "${1 if md5() else 2}"', "body", "missing a required argument: 'value'"),
    ('only_if: "${n} == md5()"', "only_if", "missing a required argument: 'value'"),
    ('body: "${1 | default(1, 2, 3)}"', "body", "wrong arguments for the filter 'default'"),
    ('body: "${x | replace(1)}"', "body", "wrong arguments for the filter 'replace': missing"),
    ('body: "${x | map(1) | join(1, 2, 3)}"', "body", "for the filter 'join': too many"),
    ('skip_if: "${x is eq}"', "skip_if", "wrong arguments for the test 'eq': missing a required"),
    ('skip_if: "${1 +}"', "skip_if", "unexpected"),
    ("skip_if: [1]", "skip_if", "a condition is a text, such as ${n} > 1, or a boolean"),
    ("skip_if: $.code == 0", "skip_if", "no path stands in an expression: write response.body.code"),
    ("type: requst", "type", "did you mean 'request'?"),
    ("type: sleep", "type", "no step type 'sleep'; write type: wait"),
    ("type: 5", "type", "type must be text"),
    ("validations: {eq: [$.a, 1]}", "validations", "expected a list, got a mapping; for example validations: [{status_code: 200}]"),
    ("validations: [status_code = 200]", "validations[0]", "for example validations: [{status_code: 200}]"),
    ("validations: [{$.code: 0}]", "validations[0].$.code", "no check '$.code'; write eq: [$.code, …]"),
    ("validations: [{eqq: [$.a, 1]}]", "validations[0].eqq", "did you mean 'eq'?"),
    ('validations: [{eq: ["$[", 1]}]', "validations[0].eq[0]", "the path '$[' cannot be read"),
    ("validations: [{gt: [$.a, abc]}]", "validations[0].gt[1]", "expect must be a number"),
    ('validations: [{regex: [$.a, "("]}]', "validations[0].regex[1]", "is not a regular expression"),
    ("validations: [{type: eqq, path: $, expect: 1}]", "validations[0].type", "mean 'eq'?"),
    ("validations: [{status_code: ok}]", "validations[0].status_code", "must be a status code"),
    ("validations: [{not: [{eqq: [$, 1]}]}]", "validations[0].not[0].eqq", "did you mean 'eq'?"),
    ("validations: [{schema: [$, no.json]}]", "validations[0].schema[1]", "cannot read 'no.json'"),
    ('validations: [{eq: ["", 1]}]', "validations[0].eq[0]", "the path '' cannot be read"),
    ("validations: [{startswith: [$.a, '']}]", "validations[0].startswith[1]", "is empty text"),
    ("validations: [{not: [{regex: [$.a, '']}]}]", "validations[0].not[0].regex[1]", "is empty text"),
    ("validations: [{between: [$.a, 0, 3]}]", "validations[0].between[2]", "write 'between: [path, [min, max]]'"),
    ("validations: [{between: [$.a, 0]}]", "validations[0].between[1]", "in short `between: [path, [min, max]]`"),
    ("validations: [{in: [$.a, b, c, d]}]", "validations[0].in", "'in' has 4 values, and takes at most 3: [path, [one, other, …], description]"),
    ("validations: [{type: contains, expect: a}]", "validations[0]", "'contains' needs a path"),
    ("validations: [{schema: [$, {requird: [a]}]}]", "validations[0].schema[1].requird", "'requird' is no keyword of JSON Schema (draft2020-12) and checks nothing; did you mean 'required'?"),
    ("validations: [{schema: [$, {anyOf: [{typ: string}]}]}]", "validations[0].schema[1].anyOf[0].typ", "did you mean 'type'"),
    ("validate: [], assertions: []", "assertions", "another spelling of 'validations'"),
    ("validate: [], validations: []", "validations", "another spelling of 'validate'"),
    ("extractors: {a: 5}", "extractors.a", "expected text"),
    ('extractors: {a: "$["}', "extractors.a", "cannot be read"),
    ("extractors: {a-b: $.a}", "extractors.a-b", 'a variable called "a-b"'),
    ('extractors: {"true": $.a}', "extractors.true", 'a variable called "true"'),
    ('extractors: [{name: "a b", path: $.a}]', "extractors[0].name", 'called "a b"'),
    ("extractors: [{name: a, type: jsn, path: $.a}]", "extractors[0].type", "no extractor type"),
    ('extractors: [{name: a, type: regex, path: "("}]', "extractors[0].path", "the pattern '('"),
    ("mock: {rules: [{request: {method: G T}, response: {}}]}", "mock.rules[0].request.method", "no HTTP method"),
    ('description: "${steps.nope.status}"', "description", "steps['nope'] names no step"),
    ("""skip_if: "steps['nope'].status == 'failed'\"""", "skip_if", "steps['nope'] names no step"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "path", "message"), STEP_ROWS, ids=[keys for keys, _, _ in STEP_ROWS]
)
def test_a_mistake_in_a_step(engine, keys, path, message):
    said = engine.complaint(f"- {{name: s, url: /x, {keys}}}")

    assert message in said
    assert said.startswith("case.yaml:3:")
    assert f"(at steps[0].{path})" in said


#: what a complaint says of the shape of a file, which a JSON Schema can tell as well.
SHAPE = re.compile(
    "expected (a|text|true)|(greater|less) than|no step type|no extractor type|unknown key"
)


@pytest.mark.parametrize("keys", [keys for keys, _, message in STEP_ROWS if SHAPE.search(message)])
def test_a_mistake_of_shape_is_refused_by_the_schema_too(tmp_path, keys):
    (tmp_path / "case.yaml").write_text(f"name: a\nsteps:\n- {{name: s, url: /x, {keys}}}\n")
    documents = Reader(roots=(tmp_path,), base=tmp_path).documents(tmp_path / "case.yaml")

    with pytest.raises(AssertionError, match="the JSON Schema refuses"):
        accepted_by_schema(documents)


#: (the steps, key path, what it says)
STEPS_ROWS = [
    ("- {name: s, type: loop, loop_type: for, loop_count: 1, loop_variable: a b, loop_steps: [{name: x, url: /}]}", "steps[0].loop_variable", "a variable called"),
    ("- {name: s, type: loop, loop_type: for, loop_count: 1, loop_items: [1], loop_steps: [{name: x, url: /}]}", "steps[0].loop_items", "not loop_items"),
    ("- {name: s, type: loop, loop_type: foreach, loop_items: 5, loop_steps: [{name: x, url: /}]}", "steps[0].loop_items", "must be a list"),
    ("- {name: s, type: database, database: nope, sql: select 1}", "steps[0].database", "no database 'nope'"),
    ("- {name: s, type: database, database: 'sqlite://', operation: qery, sql: select 1}", "steps[0].operation", "did you mean 'query'?"),
    ("- {name: s, type: database, database: 'sqlite://', params: 5, sql: select 1}", "steps[0].params", "params is a mapping or a list"),
    ("- {name: s, type: script, script: 'a ='}", "steps[0].script", "not Python"),
    ("- {name: s, type: script, script: 'import os', allow_imports: false}", "steps[0].script", "the script imports"),
    ("- {name: s, type: script, script: 'a = 1', timeout: -1}", "steps[0].timeout", "greater than 0"),
    ("- {name: s, type: poll, request: {ur: /}, until: x == 1}", "steps[0].request.ur", "did you mean 'url'?"),
    ("- {name: a, url: /}\n- {name: a, url: /}\n- {name: s, url: /, depends_on: a}", "steps[2].depends_on", "'a' names 2 earlier steps"),
    ("- {name: a, url: /}\n- {name: a, url: /}\n- {name: s, url: '/${steps.a.status}'}", "steps[2].url", "steps['a'] names 2 steps"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "path", "message"), STEPS_ROWS)
def test_a_mistake_among_steps(engine, steps, path, message):
    said = engine.complaint(steps)

    assert message in said
    assert f"(at {path})" in said


#: (the config, key path, what it says)
CONFIG_ROWS = [
    ("timeout: -1", "timeout", "greater than 0"),
    ("retry_times: -1", "retry_times", "greater than or equal to 0"),
    ("base_url: localhost:80", "base_url", "begins with http:// or https://"),
    ("active_profile: dve\nprofiles: {dev: {}}", "active_profile", "did you mean 'dev'?"),
    ("profiles: {dev: {timeout: soon}}", "profiles.dev.timeout", "expected a number"),
    ("profiles: {dev: {verify_ssl: maybe}}", "profiles.dev.verify_ssl", "expected true or false"),
    ("profiles: {dev: {variables: [1]}}", "profiles.dev.variables", "expected a mapping"),
    ("profiles: {dev: {base_url: ftp://x}}", "profiles.dev.base_url", "begins with http://"),
    ('profiles: {dev: {extra: "${nofn()}"}}', "profiles.dev.extra", "no function 'nofn'"),
    ('profiles: {dev: {extra: "${1 +}"}}', "profiles.dev.extra", "unexpected"),
    ('headers: {"a b": 1}', "headers", "no name of a header"),
    ('variables: {a: "${nofn()}"}', "variables.a", "no function 'nofn'"),
    ("databases: {main: {type: oracel}}", "databases.main", "no database type 'oracel'"),
    ("base_ur: http://x", "base_ur", "did you mean 'base_url'?"),
    ("profile: dev", "profile", "write active_profile"),
    ("host: http://x", "host", "unknown key 'host'; write base_url"),
    ("timeout: {total: -1}", "timeout.total", "greater than 0"),
    ("data_source: {type: inline, data: [{a: 1}], variable_prefix: x}", "data_source.variable_prefix", "unknown key 'variable_prefix' here; it belongs in config"),
    ("data_source: {type: database, database: nope, sql: s}", "data_source.database", "no database 'nope' in config.databases"),
    ("sql: select 1", "sql", "unknown key 'sql' here; it belongs in config.data_source or a step of type database"),
    ("mask: [5]", "mask[0]", "expected text"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "path", "message"), CONFIG_ROWS)
def test_a_mistake_in_config(engine, config, path, message):
    said = engine.complaint("- {name: s, url: /x}", config=config)

    assert message in said
    assert f"(at config.{path})" in said


def test_each_mistake_is_said_in_chinese_as_well(engine, set_to_chinese):
    said = [engine.complaint(f"- {{name: s, url: /x, {keys}}}") for keys, *_ in STEP_ROWS]
    said += [engine.complaint(steps) for steps, *_ in STEPS_ROWS]
    said += [engine.complaint("- {name: s, url: /x}", config=config) for config, *_ in CONFIG_ROWS]

    assert [one for one in said if not is_chinese(one)] == []


def test_all_mistakes_of_a_file_are_said_at_once(engine):
    said = engine.complaint("- {name: a, ur: /}\n- {name: b, url: /, method: 5}")

    assert [line.partition(" ")[0] for line in said.splitlines()] == [
        "case.yaml:3:5:",
        "case.yaml:3:15:",
        "case.yaml:4:31:",
    ]


def test_json_that_is_written_as_text_is_warned_of(engine):
    mock = "mock: {rules: [{response: {}}]}"

    with pytest.warns(SisyphusWarning, match="^case.yaml:3:30: json sends this text as one JSON"):
        engine.run(f"""- {{name: s, url: /x, json: '{{"a": 1}}', {mock}}}""")


@pytest.mark.parametrize("name", ["a-b", "a b", "true"])
def test_a_variable_that_no_template_can_name_is_warned_of(engine, name):
    """It can still be read as `config.variables["a-b"]`."""
    with pytest.warns(SisyphusWarning, match=f'can read "{name}" as a variable'):
        ran = engine.run(
            f"- {{name: s, type: wait, seconds: '${{config.variables[\"{name}\"]}}'}}",
            config=f'variables: {{"{name}": 0}}',
        )

    assert ran.status == "passed"


@pytest.mark.parametrize("name", ["订单", "_x", "timestamp", "in"])
def test_a_variable_of_any_name_that_a_template_can_read(engine, name):
    ran = engine.run(
        f"- {{name: s, type: wait, seconds: '${{{name}}}'}}", config=f'variables: {{"{name}": 0}}'
    )

    assert ran.status == "passed"


def test_a_schema_may_be_a_file_beside_the_case(engine):
    (engine.folder / "waited.json").write_text('{"required": ["waited", "more"]}')

    ran = engine.run(
        "- {name: s, type: wait, seconds: 0, validations: [{schema: [$, waited.json]}]}"
    )

    assert "'more' is a required property" in ran.error("s")


def test_a_misspelled_keyword_in_a_schema_file(engine):
    (engine.folder / "s.json").write_text('{"properties": {"a": {"minimun": 1}}, "requred": []}')

    said = engine.complaint("- {name: s, url: /, validations: [{schema: [$, s.json]}]}")

    assert "did you mean 'minimum'? (in it at properties.a.minimun)" in said
    assert "did you mean 'required'? (in it at requred)" in said
    assert said.count("case.yaml:3:") == 2


def test_every_misspelled_keyword_is_told_at_its_own_place(engine):
    said = engine.complaint(
        """
        - name: s
          url: /
          validations:
            - schema: &a
                type: object
                requird: [nope]
                properties:
                  one: {typ: string}
            - schema: *a
        """
    )

    places = {line.partition(" ")[0] for line in said.splitlines()}
    assert places == {"case.yaml:8:11:", "case.yaml:10:19:"}


def test_a_schema_file_that_is_no_json_is_a_complaint(engine):
    (engine.folder / "broken.json").write_text("{")

    said = engine.complaint("- {name: s, url: /, validations: [{schema: [$, broken.json]}]}")

    assert "'broken.json' is no JSON" in said


@pytest.mark.parametrize("name", ["config", "response", "steps", "data", "fixtures"])
@pytest.mark.parametrize(
    ("config", "keys"),
    [
        ("variables: {NAME: 1}", ""),
        ("profiles: {dev: {variables: {NAME: 1}}}", ""),
        ("profiles: {dev: {NAME: 1}}", ""),
        ("profiles: {dev: {overrides: {NAME: 1}}}", ""),
        ("env_vars: {mapping: {NAME: X}}", ""),
        ("env_vars: {overrides: {NAME: 1}}", ""),
        ("", "extractors: {NAME: $}"),
        ("", "extractors: [{name: NAME, path: $}]"),
    ],
)
def test_a_variable_that_would_hide_a_built_in_name(engine, config, keys, name):
    keys = keys.replace("NAME", name)

    said = engine.complaint(f"- {{name: s, url: /, {keys}}}", config.replace("NAME", name))

    assert f"a variable called {name!r} would hide the built-in {name!r}" in said


def test_a_variable_called_env_goes_over_the_built_in_one(engine):
    ran = engine.run("- {name: s, type: wait, seconds: '${env}'}", config="variables: {env: 0}")

    assert ran.status == "passed"
