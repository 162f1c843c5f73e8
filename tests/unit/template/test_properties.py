"""Whatever is written, whatever the values are: a value, a truth, or a TemplateError."""

import json
import re
import subprocess
import sys
from datetime import datetime
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.template.condition import parse_condition
from pytest_sisyphus.template.datetimes import Moment
from pytest_sisyphus.template.expression import JinjaExpressions
from pytest_sisyphus.template.fast_path import expressions
from pytest_sisyphus.template.lexer import scan_text
from pytest_sisyphus.template.template import Template, find_templates, render_value
from pytest_sisyphus.template.text import EvaluationError
from pytest_sisyphus.values.binary import BinaryValue
from pytest_sisyphus.values.numbers import parse_number

pytestmark = pytest.mark.slow

quick = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    SCALARS | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
TOKENS = r"""${ $${ } ' " \ ( ) [ ] { } . , : | ~ + - * / % ** // == != < <= > >= && || ! = $ & @ #
    ; and or not in is if else contains n items user absent none true null name upper default first
    defined map attribute length join int format __class__ timestamp uuid md5 choice json 0 1 9.5
    {{ }} {% %} {# 1e9 '%s' '${n}' "x" ä 文"""
PIECES = st.sampled_from([*re.split(r"\s+", TOKENS), " ", "\n", "  ", "\t", "\x00", "\u2028"])
EXPRESSIONS = st.lists(PIECES, max_size=14).map("".join) | st.lists(PIECES, max_size=14).map(
    " ".join
)
TEXTS = EXPRESSIONS.map("${{{}}}".format) | EXPRESSIONS | st.text(max_size=40)


def outcome(act):
    """What came of it: nothing but a TemplateError may be raised."""
    try:
        return act()
    except TemplateError as error:
        return error


@quick
@given(TEXTS)
def test_any_text_renders_or_says_why_not(scope, text):
    outcome(lambda: render_value(text, scope))


@quick
@given(TEXTS)
def test_any_condition_is_true_false_or_says_why_not(scope, text):
    assert isinstance(outcome(lambda: parse_condition(text).evaluate(scope)), bool | TemplateError)


@quick
@given(JSON)
def test_a_lone_variable_keeps_its_value(scope, value):
    scope.set("value", value)

    rendered = Template("${value}").render(scope)

    assert (type(rendered), rendered) == (type(value), value)


@quick
@given(JSON)
def test_a_value_in_text_reads_as_json(scope, value):
    scope.set("value", value)

    rendered = Template("${value}\n").render(scope)[:-1]

    assert rendered == value if isinstance(value, str) else json.loads(rendered) == value


@quick
@given(st.text())
def test_server_text_stays_as_it_is_wherever_it_flows_w1(scope, text):
    scope.set("v", text)
    data = {"a": "${v}", "b": ["<${v}>"], "c": "${'[${v}]'}", "d": "${v ~ ''}"}

    rendered = render_value(data, scope)

    assert rendered == {"a": text, "b": [f"<{text}>"], "c": f"[{text}]", "d": text}
    assert parse_condition("${v} == a and '${v}' == a").evaluate(scope_with(scope, text))


def scope_with(scope, text):
    child = scope.child()
    child.set("a", text)
    return child


@quick
@given(st.text(max_size=30), st.text(max_size=30))
def test_two_texts_are_equal_in_a_condition_exactly_if_they_are(scope, left, right):
    scope.set("left", left)
    scope.set("right", right)

    assert parse_condition("${left} == ${right}").evaluate(scope) is (left == right)
    assert parse_condition("'${left}' == '${right}'").evaluate(scope) is (left == right)
    assert parse_condition("${left} contains ${right}").evaluate(scope) is (right in left)
    if (parse_number(left), parse_number(right)) == (None, None):
        assert parse_condition("${left} < ${right}").evaluate(scope) is (left < right)


@quick
@given(JSON, JSON)
def test_any_two_values_compare_or_say_that_they_do_not(scope, left, right):
    scope.set("left", left)
    scope.set("right", right)

    for operator in ("==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains"):
        held = outcome(lambda: parse_condition(f"${{left}} {operator} right").evaluate(scope))  # noqa: B023
        assert isinstance(held, bool | TemplateError)
    assert parse_condition("${left} == left").evaluate(scope)


@quick
@given(JSON)
def test_data_without_templates_come_out_equal(scope, value):
    if "${" not in json.dumps(value):
        assert render_value(value, scope) == value


@quick
@given(st.text())
def test_written_out_braces_come_out_literal(scope, text):
    written = text.replace("${", "$${")

    if "$${" in text:
        return
    assert render_value(written, scope) == text


@quick
@given(TEXTS)
def test_what_is_found_when_reading_is_found_when_rendering(text):
    found = outcome(lambda: list(find_templates({"k": [text]})))

    assert isinstance(found, TemplateError) or len(found) == ("${" in text)


@quick
@given(st.text(max_size=20).filter(lambda name: name != "value"), JSON)
def test_a_name_can_be_any_key_of_a_mapping(scope, name, value):
    scope.set("value", {name: value})
    scope.set("key", name)

    assert render_value("${value[key]}", scope) == value
    assert render_value("${value.${key}}", scope) == value


WAYS = """.a .b .items .get .name .upper .名 .ﬁ .__class__ .true .year .login .0 () [0] [1] [007] [-1]
    [12345678901234567890] [a] ['a'] ["b"] ['a.b'] ['0'] [''] ['名'] ['\\n'] ['$'] ['\u2028']"""
STEPS = st.sampled_from([*WAYS.split(), "[' ']", " .a", "[ 0 ]", ".\na"])
FIRST = st.sampled_from(
    [
        "a",
        "v",
        "名",
        "ﬁ",
        "steps",
        "config",
        "response",
        "fixtures.account",
        "moment",
        "true",
        "None",
        "not",
        "if",
        "_x",
        "v2",
        "2v",
    ]
)
DATA = st.recursive(
    SCALARS
    | st.text(max_size=5)
    | st.dates()
    | st.decimals(allow_nan=False)
    | st.binary(max_size=3)
    | st.just(BinaryValue(base64="AA==")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.sampled_from(["a", "b", "名", "0", "", "items", "name", " "]), inner)
        | st.dictionaries(st.sampled_from([0, 1, True, None]), inner)
        | inner.map(lambda one: MappingProxyType({"a": one}))
    ),
    max_leaves=8,
)


def _evaluated(evaluated, scope):
    try:
        (value,) = evaluated.evaluate(scope)
    except EvaluationError as error:
        return type(error), error.what, error.hint
    return type(value), repr(value)


@quick
@given(FIRST, st.lists(STEPS, max_size=4).map("".join), st.sampled_from(["", " ", "\n"]), DATA)
def test_what_only_reads_is_read_as_jinja_reads_it(scope, name, way, space, value):
    for known in ("v", "a", "名", "ﬁ", "_x"):
        scope.set(known, value)
    scope.builtins["steps"] = {"a": value, "名": {"name": value}}
    scope.builtins["moment"] = Moment(datetime(2026, 1, 31, 12, 30))  # noqa: DTZ001 - as the clock has it
    try:
        (source,) = scan_text(f"${{{space}{name}{way}{space}}}")
        jinja = JinjaExpressions([source])
    except TemplateError as mistake:
        with pytest.raises(TemplateError, match=re.escape(str(mistake))):
            expressions(scan_text(f"${{{space}{name}{way}{space}}}"))
        return
    ours = expressions([source])

    assert _evaluated(ours, scope) == _evaluated(jinja, scope)
    told = ("names", "calls", "call_signatures", "steps", "databases", "is_plain_lookup")
    assert [getattr(ours, one) for one in told] == [getattr(jinja, one) for one in told]


@pytest.mark.parametrize(
    "text",
    ["${a}", "x ${a.b} ${ a['b'][0] }", "${steps['one'].document.id}", "${a | d(1)}", "${a.0}"],
)
def test_a_text_that_only_reads_needs_no_jinja(text):
    code = "import sys; from pytest_sisyphus.template.template import Template; "
    code += f"Template({text!r}); print('jinja2' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == str(text in {"${a | d(1)}", "${a.0}"})


@pytest.mark.parametrize("name", ["self", "loop", "super", "caller", "result", "context"])
def test_names_that_jinja_knows_are_ordinary_variables(scope, name):
    scope.set(name, 5)

    assert Template(f"${{{name}}} ${{{name} + 1}}").render(scope) == "5 6"
