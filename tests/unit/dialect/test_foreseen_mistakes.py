"""What would fail only when the case runs, but can be seen in its file."""

import pytest
from engine_kit import Engine

WAIT = "- {name: s, type: wait, seconds: 0}"


@pytest.fixture
def engine(tmp_path):
    return Engine(tmp_path)


@pytest.mark.parametrize(
    ("variables", "place", "chain"),
    [
        ('{a: "${b}", b: "${a}"}', "3:18", "a → b → a"),
        ('{a: "${b}", b: "x ${c[0].d} y", c: {d: "${a.e}"}}', "3:18", "a → b → c → a"),
        ('{fine: 1, a: "${fine} ${a}"}', "3:27", "a → a"),
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
