"""What is wrong with a template is said when it is read, or when its values are there."""

import re

import pytest
from languages import is_chinese

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.location import LocatedDict, LocatedStr, Location
from pytest_sisyphus.template.condition import parse_condition
from pytest_sisyphus.template.names import EnvironmentVariables, Fixtures
from pytest_sisyphus.template.template import Template, find_templates, render_value

SYNTAX = [
    ("${", 0, "${ is not closed"),
    ("a ${n", 2, "${ is not closed"),
    ("${n} ${", 5, "${ is not closed"),
    ("${}", 2, "there is no expression"),
    ("${   }", 2, "there is no expression"),
    ("${a b}", 4, "unexpected 'b'"),
    ("${a +}", 4, "unexpected the end"),
    ("${a + * b}", 6, "unexpected"),
    ("${(a}", 4, "unexpected '}'"),
    ("${a)}", 3, "unexpected ')'"),
    ("${a]}", 3, "unexpected ']'"),
    ("${[a}", 4, "unexpected '}'"),
    ("${'a}", 2, "' is not closed"),
    ('${"a}', 2, '" is not closed'),
    ("${a ? b}", 4, "unexpected '?'"),
    ("${a @ b}", 4, "unexpected '@'"),
    ("${a & b}", 4, "unexpected '&'"),
    ("${a; b}", 3, "unexpected ';'"),
    ("${a | nofilter}", 6, "no filter 'nofilter'"),
    ("${a | uper}", 6, "did you mean 'upper'"),
    ("${a | attr('x')}", 6, "no filter 'attr'"),
    ("${a is notest}", 4, "no test 'notest'"),
    ("${a if b}", 2, "an if needs its else"),
    ("${user_${n}}", 7, "an operator is missing"),
    ("${${a}${b}}", 6, "an operator is missing"),
    ("${'a' ${b}}", 6, "an operator is missing"),
    ("${a ${b}}", 4, "an operator is missing"),
    ("${${a}", 0, "${ is not closed"),
    ("${'x${'}", 6, "' is not closed"),
    ("${a.}", 3, "expected"),
    ("${f(a=1, 2)}", 3, "invalid syntax for function call"),
    ("${{'a' 1}}", 7, "expected"),
    ("${a == }", 4, "unexpected"),
    ("${and}", None, "no variable 'and'"),
    ("${'\\N{none}'}", 2, "Unicode"),
    ("line\n${a +\n* b}", 11, "unexpected"),
    ("${" + "(" * 100 + "1" + ")" * 100 + "}", 41, "more than 40 brackets are open"),
    ("${" + "1+" * 5000 + "1}", None, "more than 2,000 parts"),
    ("${" + "not " * 1500 + "a}", None, "nested too deeply"),
    ("${" + "9" * 5000 + "}", 2, "number"),
]


@pytest.mark.parametrize(
    ("text", "offset", "message"), SYNTAX, ids=[text[:30] for text, _, _ in SYNTAX]
)
def test_a_mistake_is_said_with_its_offset(scope, text, offset, message):
    with pytest.raises(TemplateError) as caught:
        Template(text).render(scope)

    assert message in str(caught.value)
    if offset is not None:
        assert caught.value.offset == offset


CONDITION_SYNTAX = [
    ("${n} = 5", 5, "unexpected '='"),
    ("${n} == ", 5, "unexpected the end"),
    ("${n} == 5 and", 10, "unexpected"),
    ("${n} == 5 and ${", 14, "${ is not closed"),
    ("${a} ${b}", 5, "an operator is missing"),
    ("${a}b == 1", 4, "unexpected 'b'"),
    ("n === 5", 4, "unexpected"),
    ("n <> 5", 3, "unexpected"),
    ("n == 'a", 5, "' is not closed"),
    ("a ~= b", 3, "unexpected"),
]


@pytest.mark.parametrize(
    ("text", "offset", "message"), CONDITION_SYNTAX, ids=[text for text, _, _ in CONDITION_SYNTAX]
)
def test_a_mistake_in_a_condition_is_said_when_it_is_read(text, offset, message):
    with pytest.raises(TemplateError) as caught:
        parse_condition(text)

    assert message in str(caught.value)
    assert caught.value.offset == offset


def test_a_mistake_has_its_place_in_the_file():
    text = LocatedStr("ab ${c d}", Location("a.yaml", 4, 10))

    with pytest.raises(TemplateError) as caught:
        Template(text)

    assert caught.value.location == Location("a.yaml", 4, 17)
    assert str(caught.value) == "unexpected 'd' at character 8 of 'ab ${c d}'"


def test_templates_of_equal_text_keep_their_own_places(scope):
    locations = [Location("a.yaml", line) for line in (1, 2)]
    templates = [Template(LocatedStr("${x1}", location)) for location in locations]

    assert [template.location for template in templates] == locations
    for template, location in zip(templates, locations, strict=True):
        with pytest.raises(TemplateError, match=f"at a.yaml:{location.line}"):
            template.render(scope)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${env.HOEM}", "no environment variable 'HOEM' that cases may see in '${env.HOEM}'"),
        ("${env.HOEM}", "did you mean 'HOME'?"),
        ("${fixtures.customer.id}", "fixture 'customer' is not requested: usefixtures: [customer]"),
    ],
)
def test_what_no_case_was_given(scope, text, said):
    scope.set("env", EnvironmentVariables(HOME="/root"))
    scope.set("fixtures", Fixtures())

    with pytest.raises(TemplateError) as caught:
        Template(text).render(scope)

    assert said in str(caught.value)


WHAT_IS_MISSING = [
    ("${absent}", "no variable 'absent' in '${absent}'"),
    ("${usr}", "did you mean 'user'?"),
    ("${absent.a.b}", "no variable 'absent'"),
    ("${user.nmae}", "no key 'nmae' in '${user.nmae}'; did you mean 'name'?"),
    ("${user.absent.deeper}", "no key 'absent'"),
    ("${user.absent}", "known: _id, address, items, name, tags"),
    ("${user.address.zap}", "did you mean 'zip'?"),
    ("${no_items.x}", "a list has no 'x'"),
    ("${items[9]}", "no element 9 in a list of 3"),
    ("${items['a']}", "a list has no 'a'"),
    ("${nothing.x}", "null has no 'x'"),
    ("${n.x}", "a number has no 'x'"),
    ("${word.x}", "text has no 'x'"),
    ("${word[99]}", "no element 99 in text of 5"),
    ("${[absent]}", "no variable 'absent'"),
    ("${{'a': absent}}", "no variable 'absent'"),
    ("${md5(absent)}", "no variable 'absent'"),
    ("${user[absent]}", "no variable 'absent'"),
    ("${absent | upper}", "no variable 'absent'"),
    ("${absent is none}", "no variable 'absent'"),
    ("${n | default(absent)}", "no variable 'absent'"),
    ("${absent == absent}", "no variable 'absent'"),
    ("${absent in []}", "no variable 'absent'"),
    ("${not absent}", "no variable 'absent'"),
    ("${absent[1:]}", "no variable 'absent'"),
    ("${absent.method()}", "no variable 'absent'"),
    ("${absent ~ 'x'}", "no variable 'absent'"),
    ("${rows | map(attribute='absent')}", "no key 'absent'"),
    ("${rows | map(attribute='absent') | list}", "no key 'absent'"),
    ("${[] | first}", "empty"),
    ("x${[] | max}", "empty"),
    ("${md5}", "the function is called md5()"),
]

UNEVALUABLE = [
    ("${'a' + n}", "; ~ joins anything as text, as in ${a ~ b}"),
    ("${n + 'a'}", "; ~ joins anything as text, as in ${a ~ b}"),
    ("${1 / 0}", "division by zero"),
    ("${1 % 0}", "division by zero"),
    ("${word + 1}", "TypeError"),
    ("${n + word}", "TypeError"),
    ("${-word}", "TypeError"),
    ("${word < 1}", "text ('hello') and a number (1) cannot be compared"),
    ("${nothing > 0}", "null (None) and a number (0) cannot be compared"),
    ("${word | int}", "'hello' is no number"),
    ("${nothing | float}", "None is no number"),
    ("${word.upper}", "upper is a method: call it, upper()"),
    ("${[word.upper]}", "call it, upper()"),
    ("${word()}", "no function 'word'"),
    ("${user.name()}", "text cannot be called"),
    ("${fixtures.account.delete()}", "a Account has no 'delete'"),
    ("${fixtures.account._x}", "a Account has no '_x'"),
    ("x${fixtures.account.__class__}", "a Account has no '__class__'"),
    ("x${[inf]}", "a list has no JSON"),
    ("${1e999}", "a number is too large"),
    ("${items.append(1)}", "a list has no 'append'"),
    ("${user.update({})}", "no key 'update'"),
    ("${user.clear()}", "no key 'clear'"),
    ("${word | replace(1, 2)}", "TypeError"),
    ("${items | sum(start='a')}", "TypeError"),
    ("${'%d' % word}", "TypeError"),
    ("${'%q' % 1}", "ValueError"),
    ("${'{0.real}'.format(n)}", "format takes no '0.real'"),
    ("${'{0[a]}'.format(user)}", "format takes no '0[a]'"),
    ("${'{}'.format()}", "IndexError"),
    ("${(0 - 8) ** 0.5}", "a root of a negative number"),
]


@pytest.mark.parametrize(
    ("text", "message"),
    [*WHAT_IS_MISSING, *UNEVALUABLE],
    ids=[text for text, _ in (*WHAT_IS_MISSING, *UNEVALUABLE)],
)
def test_an_expression_without_a_value_says_why(render, text, message):
    with pytest.raises(TemplateError) as caught:
        render(text)

    assert message in str(caught.value)
    assert repr(text)[1:-1] in str(caught.value)


def test_a_key_that_the_body_of_a_result_has_is_found_there(scope_of):
    scope = scope_of({"result": {"status_code": 200, "body": {"code": 0}}})

    with pytest.raises(TemplateError, match=r"no key 'code' in .*; did you mean 'body\.code'\?"):
        Template("${result.code}").render(scope)


def test_each_mistake_is_said_in_chinese_as_well(render, set_to_chinese):
    said = []
    for text, *_ in (*SYNTAX, *CONDITION_SYNTAX, *WHAT_IS_MISSING, *UNEVALUABLE):
        with pytest.raises(TemplateError) as caught:
            parse_condition(text) if (text, *_) in CONDITION_SYNTAX else render(text)
        said.append(str(caught.value))

    # what Python says of values that do not go together is its own; a text that is cut is not closed
    of_others = re.compile(r"(?:Type|Value|Index)Error: |Unicode|not JSON compliant|^'[^']*…")
    assert [one for one in said if not is_chinese(one) and not of_others.search(one)] == []


def test_long_texts_are_shortened_in_messages(scope):
    with pytest.raises(TemplateError) as caught:
        Template("${absent}" + "x" * 10_000).render(scope)

    assert len(str(caught.value)) < 400


def test_nothing_of_located_data_comes_out(scope):
    location = Location("a.yaml", 1)
    data = LocatedDict(location)
    data.put(
        LocatedStr("k", location),
        LocatedStr("v", location),
        location=location,
        key_location=location,
    )
    scope.set("located", data)
    scope.set("text", LocatedStr("t", location))

    for rendered in (
        render_value(data, scope),
        render_value("${located}", scope),
        {"k": render_value("${text}", scope)},
        {"k": render_value("${located.k}", scope)},
    ):
        ((key, value),) = rendered.items()
        assert (type(rendered), type(key), type(value)) == (dict, str, str)


def test_the_first_wrong_template_in_data_is_reported():
    with pytest.raises(TemplateError, match="unexpected 'b'"):
        list(find_templates({"x": ["${fine}", "${a b}"]}))
