"""What would fail only when the case runs, but can be seen in its file."""

import warnings

import pytest

from pytest_sisyphus.spec.context import SisyphusWarning

WAIT = "- {name: s, type: wait, seconds: 0}"


@pytest.mark.parametrize(
    ("variables", "place", "chain"),
    [
        ('{a: "${b}", b: "${a}"}', "3:18", "a → b → a"),
        ('{a: "${b}", b: "x ${c[0].d} y", c: {d: "${a.e}"}}', "3:18", "a → b → c → a"),
        ('{fine: 1, a: "${fine} ${a}"}', "3:27", "a → a"),
        ('{s: "${wait}", wait: "${s}"}', "3:18", "s → wait → s"),
    ],
)
def test_variables_in_a_circle(engine, variables, place, chain):
    said = engine.complaint(WAIT, config=f"variables: {variables}")

    assert said.startswith(f"case.yaml:{place}: variables refer to each other in a circle: {chain}")


@pytest.mark.parametrize(
    ("config", "steps"),
    [
        ('variables: {a: "${a | default(1)}"}', WAIT),
        ('variables: {a: "${b if false else 1}", b: "${a}"}', WAIT),
        ('variables: {a: "${b}", b: "${a}"}\nprofiles: {dev: {b: 1}}', WAIT),
        ('variables: {a: "${b}", b: "${a}"}\nenv_vars: {mapping: {b: B}}', WAIT),
        ('variables: {a: "${b}", b: "${a}"}\nenv_vars: {prefix: X_, load_from_os: true}', WAIT),
        (
            'variables: {a: "${b}", b: "${a}"}',
            "- {name: s, type: wait, seconds: 0, extractors: {b: $.waited}}",
        ),
        (
            'variables: {a: "${b}", b: "${a}"}',
            "- {name: s, type: script, script: 'set_var(\"b\", 1)'}",
        ),
    ],
)
def test_a_circle_that_something_may_break_is_no_complaint(engine, config, steps):
    assert engine.run(steps, config=config).status == "passed"


@pytest.mark.parametrize(
    ("steps", "place", "alias"),
    [
        ("- {name: s, url: \"/${db_query('select 1', alias='mian')}\"}", "5:20", "'mian'"),
        ("- {name: s, url: /, skip_if: \"db_query('select 1') == 1\"}", "5:32", "'default'"),
    ],
)
def test_a_query_of_an_unknown_database(engine, steps, place, alias):
    said = engine.complaint(steps, config='databases: {main: "sqlite://"}')

    assert said.startswith(f"case.yaml:{place}: db_query() asks for the database {alias}, which")


def test_an_alias_that_only_the_run_can_know_is_no_complaint(engine):
    step = "- {name: s, type: wait, seconds: \"${db_query('select 0', alias=which)}\"}"

    ran = engine.run(step, config='variables: {which: main}\ndatabases: {main: "sqlite://"}')

    assert ran.status == "passed"


@pytest.mark.parametrize(
    ("extractor", "message"),
    [
        ("{type: regex, path: 'a(b)', group: 2}", "has no group 2; it has: 0, 1"),
        ("{type: regex, path: 'a(b)', group: [1]}", "has no group [1]; it has: 0, 1"),
        ("{type: regex, path: '(?P<id>a)', group: idd}", "no group 'idd'; it has: id, 0, 1; did"),
    ],
)
def test_a_group_that_the_pattern_lacks(engine, extractor, message):
    said = engine.complaint(f"- {{name: s, url: /, extractors: {{x: {extractor}}}}}")

    assert message in said
    assert said.endswith("(at steps[0].extractors.x.group)")
    column = said.partition(" ")[0].split(":")[2]
    assert int(column) > 60


def test_a_group_of_a_pattern_that_only_the_run_can_know_is_no_complaint(engine):
    step = (
        "{name: s, type: wait, seconds: 0, extractors: {x: {type: regex, path: '${p}', group: 1}}}"
    )

    ran = engine.run(f"- {step}", config="variables: {p: '(0)'}")

    assert "group" not in str(ran.document.get("error_info"))


def test_complaints_come_in_the_order_of_the_file(engine):
    said = engine.complaint("- {url: /, methd: GET, name: 5}\n- {nam: b, url: /}")

    places = [tuple(map(int, line.split(":")[1:3])) for line in said.splitlines()]
    assert len(places) >= 4
    assert places == sorted(places)


ALL_AT_ONCE = """
- {name: f, type: database, database: nope, sql: select 1}
- {name: e, url: '/echo?x=${steps["nostep"].document}'}
- {name: w, url: /echo, depends_on: zzz}
- {name: v, url: /echo, depends_on: [f, later]}
- {name: later, url: "/${nofn()}"}
- {name: q, url: /echo, validations: [{eq: [$.a, "${db_query('select 1', alias='shopp')}"]}]}
- {name: r, url: /echo, retry_policy: {strategy: nope}, retry: 1}
- {name: t, type: loop, loop_type: for, loop_count: 1, loop_steps: [{name: x, url: /, depends_on: y}]}
"""


def test_no_complaint_hides_another(engine):
    said = engine.complaint(
        ALL_AT_ONCE, "default_timeout: 3\nactive_profile: up\nvariables: {u: '${v1}', v1: '${u}'}"
    ).splitlines()

    assert [line.split(": ")[0] for line in said] == [
        f"case.yaml:{place}"
        for place in (
            "3:3", "4:19", "5:18", "7:41", "8:20", "9:39", "10:43", "11:24", "12:52",
            "13:52", "13:59", "14:101",
        )
    ]  # fmt: skip
    assert [
        word
        for word in ("default_timeout", "'up'", "circle", "'nope'", "'nostep'", "'zzz'", "'later'",
                     "'nofn'", "'shopp'", '"nope"', "'retry'", "'y'")
        if not any(word in line for line in said)
    ] == []  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ("- {name: a, url: '/${steps.later.status}'}\n- {name: later, url: /}", "comes later"),
        ("- {name: a, url: '/${steps.in.status}'}\n- {name: l, type: loop, loop_type: for, loop_count: 1, loop_steps: [{name: in, url: /}]}", "comes later"),
        ("- {name: a, url: '/${steps.a.status}'}", "is this one"),
        ("- {name: a, url: /, validations: [{eq: [$.a, '${steps.a.status}']}]}", "is this one"),
    ],
)  # fmt: skip
def test_a_step_that_is_read_before_it_ran(engine, steps, why):
    said = engine.complaint(steps)

    assert f"is read here before that step has run: it {why}" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "steps",
    [
        "- {name: a, type: wait, seconds: '${steps.later.document.x | default(0)}'}\n- {name: later, type: wait, seconds: 0}",
        "- {name: a, type: wait, seconds: '${0 if true else steps.later.document.x}'}\n- {name: later, type: wait, seconds: 0}",
        "- {name: a, type: wait, seconds: 0}\n- {name: b, type: wait, seconds: '${steps.a.document.waited}'}",
        "- {name: l, type: loop, loop_type: for, loop_count: 1, loop_steps: [{name: a, type: wait, seconds: 0}, {name: b, type: wait, seconds: '${steps.a.document.waited}'}]}",
    ],
)  # fmt: skip
def test_a_step_that_is_read_in_time_or_not_surely(engine, steps):
    assert engine.run(steps).status == "passed"


def test_a_step_without_a_name_is_no_step_to_name(engine):
    said = engine.complaint("- {url: /}\n- {name: a, url: /, depends_on: b}")

    assert "depends_on 'b' names no earlier step (at" in said


NAMED = "- {name: '步骤 ${n}', type: wait, seconds: 0}\n"


@pytest.mark.parametrize(
    ("steps", "statuses"),
    [
        (NAMED + "- {name: b, type: wait, seconds: '${steps[\"步骤 5\"].document.waited}'}", ["success"] * 2),
        (NAMED + "- {name: b, type: wait, seconds: '${0 if steps[\"步骤 5\"].status == \"success\" else 1}'}", ["success"] * 2),
        (NAMED + "- {name: b, type: wait, seconds: 0, depends_on: 步骤 5}", ["success"] * 2),
        (NAMED + "- {name: b, type: wait, seconds: 0, depends_on: '步骤 ${n}'}", ["success"] * 2),
        (NAMED + "- {name: b, type: wait, seconds: 0, depends_on: '步骤 ${n + 1}'}", ["success", "skipped"]),
        (NAMED + "- {name: b, type: wait, seconds: 0, skip_if: \"steps['步骤 5'].status == 'success'\"}", ["success", "skipped"]),
        (NAMED.replace("seconds", "skip_if: true, seconds") + "- {name: b, type: wait, seconds: 0, depends_on: 步骤 5}", ["skipped"] * 2),
        ("- {name: l, type: loop, loop_type: for, loop_count: 2, loop_steps: [{name: 'r ${index}', type: wait, seconds: 0}]}\n- {name: b, type: wait, seconds: 0, depends_on: [r 0, r 1]}", ["success"] * 4),
    ],
)  # fmt: skip
def test_a_step_is_known_by_its_rendered_name(engine, steps, statuses):
    ran = engine.run(steps, config="variables: {n: 5}")

    assert sorted(ran.statuses().values(), reverse=True) == sorted(statuses, reverse=True)


def test_a_skipped_step_whose_name_cannot_be_made_is_shown_as_it_is_written(engine):
    ran = engine.run("- {name: 'a ${token}', type: wait, seconds: 0, skip_if: true}")

    assert ran.statuses() == {"a ${token}": "skipped"}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (NAMED + "- {name: b, url: /, depends_on: 部骤 5}", "depends_on '部骤 5' names no earlier step"),
        (NAMED + "- {name: b, url: '/${steps[\"步 5\"].status}'}", "steps['步 5'] names no step"),
    ],
)  # fmt: skip
def test_a_name_that_no_template_can_become_is_a_complaint(engine, steps, said):
    assert said in engine.complaint(steps)


def test_steps_of_one_name_are_warned_of(engine):
    step = "{name: a, type: wait, seconds: 0}"

    with pytest.warns(SisyphusWarning) as warned:
        engine.run(f"- {step}\n- a: {step}")

    (said,) = [str(one.message) for one in warned]
    assert said.startswith("case.yaml:4:15: two steps are called 'a', the first in case.yaml:3: ")


def test_one_step_that_stands_twice_by_an_alias_is_not_warned_of(engine, recwarn):
    engine.run("- &a {name: a, type: wait, seconds: 0}\n- *a")

    assert not recwarn.list


#: (config, a request's keys, what is warned of)
QUESTIONABLE = [
    ("variables: {token: t}", "headers: {A: Bearer $token}", ["'$token' is sent as it is; the variable is written ${token}"]),
    ("variables: {t: 1}", "params: {a: '$t-${t}'}, validations: [{eq: [$.a, $t]}]", ["'$t' is sent"] * 2),
    ("variables: {filter: f}", "params: {$top: 3, a: '$orders $.filter US$ $1'}", []),
    ("variables: {filter: f}", "params: {$filter: a}", ["'$filter' is sent"]),
    ("", "extractors: {id: $.id}, content: 'id=$id'", ["'$id' is sent"]),
    ("", "extractors: [{name: id, type: regex, expression: i}], content: 'id=$id'", ["'$id' is sent"]),
    ("", "content: 'id=$id'", []),
    ("variables: {商品: t}", "params: {a: '$商品 $商品名'}", ["'$商品' is sent as it is; the variable is written ${商品}"]),
    ("data_source: [{a: 1}, {金额: 2}]", "params: {x: '$a', y: $金额, z: $b}", ["'$金额' is sent", "'$a' is sent"]),
    ("variable_prefix: row_\ndata_source: {type: inline, data: [{a: 1}]}", "params: {x: '$row_a $a'}", ["'$row_a' is sent"]),
    ("variables: {t: 1}", "params: {a: \"${'$t'}\"}", []),
    ("", "body: '{\"a\": 1}'", ["a text is sent without a Content-Type, although this one is JSON"]),
    ("variables: {a: 1}", "body: '[{\"a\": ${a}}]'", ["a text is sent without a Content-Type"]),
    ("", "body: '{a}'", []),
    ("", "content: '{\"a\": 1}'", []),
    ("", "body: '{\"a\": 1}', headers: {content-type: text/plain}", []),
    ("headers: {Content-Type: application/json}", "body: '{\"a\": 1}'", []),
    ("profiles: {st: {headers: {CONTENT-TYPE: a/b}}}", "body: '{\"a\": 1}'", []),
    ("headers: {Accept: a/b}", "body: '{\"a\": 1}'", ["a text is sent without a Content-Type"]),
]  # fmt: skip


@pytest.mark.parametrize(("config", "keys", "said"), QUESTIONABLE)
def test_what_is_sent_otherwise_than_it_seems_to_be_meant_is_warned_of(
    engine, recwarn, config, keys, said
):
    engine.prepared(f"- {{name: a, url: http://a.test/, method: POST, {keys}}}", config)

    warned = [str(one.message) for one in recwarn.list]
    assert len(warned) == len(said)
    assert all(one in text for one, text in zip(said, warned, strict=True))


#: (how the data source goes on, the file's bytes, which of the names in the text are columns)
OF_FILES = [
    ("}", "金额, a\n1,2\n".encode(), ["金额", "a"]),
    ("}", b'\xef\xbb\xbf\n"a"\n1\n', ["a"]),
    ("encoding: gbk, delimiter: ;}", "金额;b\n".encode("gbk"), ["金额", "b"]),
    ("}\nvariable_prefix: row_", b"a\n1\n", ["row_a"]),
    ("has_header: false}", b"a\n1\n", ["column_1"]),
    ("}\ndata_iterations: false", b"a\n1\n", []),
    ("encoding: no}", b"a\n", []),
    ("delimiter: ab}", b"a\n", []),
    ("}", "金额\n".encode("gbk"), []),
    ("}", b"", []),
    ("}", b'"a', []),
]


@pytest.mark.parametrize(("rest", "content", "columns"), OF_FILES)
def test_columns_of_a_csv_file_are_warned_of(engine, tmp_path, rest, content, columns):
    (tmp_path / "rows.csv").write_bytes(content)
    config = f"data_source: {{type: csv, file_path: rows.csv, {rest}"
    params = "params: {x: '$金额 $a $row_a $column_1 $b'}"
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        engine.prepared(f"- {{name: a, url: http://a.test/, {params}}}", config)

    said = [str(one.message).partition(" is sent as it is")[0] for one in warned]
    assert [one.rpartition(": ")[2] for one in said] == [f"'${one}'" for one in columns]


@pytest.mark.parametrize("path", ["${folder}/rows.csv", "../rows.csv", "none.csv"])
def test_a_csv_file_that_is_not_read_has_no_columns(engine, recwarn, tmp_path, path):
    source = f"data_source: {{type: csv, file_path: '{path}'}}"
    engine.prepared("- {name: a, url: http://a.test/, params: {x: $a}}", source)

    assert not recwarn.list


@pytest.mark.parametrize("url", ["127.0.0.1:8101/x", "localhost:80", "shop.test:8080?a=1"])
def test_a_host_with_a_port_is_no_path(engine, url):
    said = engine.complaint(f"- {{name: a, url: '{url}'}}")

    assert f'write "http://{url}", or a / in front of such a path (at steps[0].url)' in said


@pytest.mark.parametrize("url", ["/127.0.0.1:80/x", "orders:80x", "a/b:80/", "http://a:80/"])
def test_a_path_may_hold_a_colon(engine, url):
    assert engine.prepared(f"- {{name: a, url: '{url}'}}")


#: (keys of a step, what is said of them)
FOREIGN = {
    "url: '/get?key={{q}}'": ":20: '{{q}}' makes no template; write ${q}, or ${'{{q}}'} for that text itself (at steps[0].url)",
    "url: '/${q}/{{ q.id }}'": ":20: '{{ q.id }}' makes no template; write ${q.id}, or",
    "url: '/$｛x｝'": ":20: '$｛x｝' is full-width: no template; write ${x}, or ${'$｛x｝'} for",
    "url: '/＄{x}'": ":20: '＄{x}' is full-width: no template; write ${x}, or",
    "url: '/＄｛x｝'": ":20: '＄｛x｝' is full-width",
    "url: '/${x｝'": ":20: unexpected '｝' at character 5 of '/${x｝'; '｝' is a full-width sign: write '}'",
    "url: '/${f（1）}'": "; '（' is a full-width sign: write '('",
    "url: “/x”": ':20: the quotes around this text are curly',
    "url: ‘/x’": ':20: the quotes around this text are curly',
    "url: /, headers: {A: '{{t}}'}": ":36: '{{t}}' makes no template",
    "url: /, headers: {'{{t}}': a}": ":33: '{{t}}' makes no template",
    "url: /, params: {a: '{{t}}'}": ":35: '{{t}}' makes no template",
    "url: /, validations: [{eq: ['$.{{a}}', 1]}]": ":43: '{{a}}' makes no template",
    "url: /, validations: [{eq: [$.a, '{{b}}']}]": ":48: '{{b}}' makes no template",
    "url: /, validations: [{eq: [$.a, {c: ['{{b}}']}]}]": ":53: '{{b}}' makes no template",
    "url: /, validations: [{eq: [$.a, “b”]}]": ':48: the quotes around this text are curly',
    "url: /, validations: [{eq: [$.a, “b, c”]}]": ':48: the quotes around this text are curly',
    "url: /, extractors: {t: '$.{{a}}'}": ":39: '{{a}}' makes no template",
    "url: /, skip_if: \"'{{a}}' == '1'\"": ":32: '{{a}}' makes no template",
    "url: /, only_if: '${n} ＝ 1'": "; '＝' is a full-width sign: write '='",
    "url: /, auth: {type: bearer, token: '{{t}}'}": ":51: '{{t}}' makes no template",
}  # fmt: skip


@pytest.mark.parametrize("keys", FOREIGN)
def test_another_notation_is_no_template(engine, keys):
    (said,) = engine.complaint(f"- {{name: s, {keys}}}").splitlines()[:1]

    assert said.startswith("case.yaml:3:")
    assert FOREIGN[keys] in said


@pytest.mark.parametrize("where", ["variables: {a: VALUE}", "headers: {a: VALUE}", "profiles: {p: {base_url: http://x/VALUE}}", "data_source: [{a: VALUE}]", "databases: {a: {host: VALUE}}"])  # fmt: skip
def test_another_notation_in_config(engine, where):
    said = engine.complaint(
        WAIT, where.replace("VALUE", "'{{t}}'", 1).replace("http://x/'{{t}}'", "'http://x/{{t}}'")
    )

    assert "'{{t}}' makes no template; write ${t}" in said


@pytest.mark.parametrize(
    "body",
    ["body: {a: VALUE}", "json: [VALUE]", "form: {a: VALUE}", "data: VALUE", "content: VALUE"],
)
@pytest.mark.parametrize("value", ["'Dear {{name}}'", "'$｛x｝'", "“x”"])
def test_another_notation_in_a_body_is_warned_of(engine, body, value):
    mock = "mock: {rules: [{response: {body: {}}}]}"

    with pytest.warns(SisyphusWarning, match="case.yaml:3:[0-9]+: .*(no template|curly)"):
        ran = engine.run(
            f"- {{name: s, method: POST, url: 'http://x', {mock}, {body.replace('VALUE', value)}}}"
        )

    assert ran.status == "passed"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("'${\"{{q}}\"}'", "{{q}}"),
        ("'a $${{q}} b'", "a ${{q}} b"),
        ("'$$｛q｝'", "$$｛q｝"),
        ("'“q”'", "“q”"),
        ("“新品”上市", "“新品”上市"),
        ('\'{"a":{"b":1}}\'', '{"a":{"b":1}}'),
        ('\'${ {"a": {"b": 1}}.a.b }\'', 1),
    ],
)
def test_a_text_that_is_meant_as_it_is(engine, recwarn, written, meant):
    ran = engine.run(
        "- {name: s, description: '{{q}} “x”', type: script, script: 'set_var(\"b\", get_var(\"a\"))'}",
        config=f"variables: {{a: {written}}}",
    )

    assert ran.variables["b"] == meant
    assert not recwarn.list
