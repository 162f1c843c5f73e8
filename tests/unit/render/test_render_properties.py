"""Whatever is written, whatever the values are: a value, a truth, or a TemplateError."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.numerals import spelled_number
from pytest_sisyphus.render.condition import parse_condition
from pytest_sisyphus.render.template import Template, find_templates, render_value

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
    assert isinstance(outcome(lambda: parse_condition(text).holds(scope)), bool | TemplateError)


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
    assert parse_condition("${v} == a and '${v}' == a").holds(scope_with(scope, text))


def scope_with(scope, text):
    child = scope.child()
    child.set("a", text)
    return child


@quick
@given(st.text(max_size=30), st.text(max_size=30))
def test_two_texts_are_equal_in_a_condition_exactly_if_they_are(scope, left, right):
    scope.set("left", left)
    scope.set("right", right)

    assert parse_condition("${left} == ${right}").holds(scope) is (left == right)
    assert parse_condition("'${left}' == '${right}'").holds(scope) is (left == right)
    assert parse_condition("${left} contains ${right}").holds(scope) is (right in left)
    if (spelled_number(left), spelled_number(right)) == (None, None):
        assert parse_condition("${left} < ${right}").holds(scope) is (left < right)


@quick
@given(JSON, JSON)
def test_any_two_values_compare_or_say_that_they_do_not(scope, left, right):
    scope.set("left", left)
    scope.set("right", right)

    for operator in ("==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains"):
        held = outcome(lambda: parse_condition(f"${{left}} {operator} right").holds(scope))  # noqa: B023
        assert isinstance(held, bool | TemplateError)
    assert parse_condition("${left} == left").holds(scope)


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


@pytest.mark.parametrize("name", ["self", "loop", "super", "caller", "result", "context"])
def test_names_that_jinja_knows_are_ordinary_variables(scope, name):
    scope.set(name, 5)

    assert Template(f"${{{name}}} ${{{name} + 1}}").render(scope) == "5 6"
