"""The specification of conditions: what is written, whether it holds."""

import pytest

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.location import LocatedStr, Location
from pytest_sisyphus.template.condition import parse_condition
from pytest_sisyphus.template.template import Template

COMPARISONS = [
    ("${n} == 5", True),
    ("${n == 5}", True),
    ("n == 5", True),
    ("${n} != 5", False),
    ("${n != 5}", False),
    ("${n} < 6", True),
    ("${n} <= 5", True),
    ("${n} > 5", False),
    ("${n} >= 5", True),
    ("1 < ${n} < 9", True),
    ("${n} == 5.0", True),
    ("${text} == '5'", True),
    ("${text} == 5", True),
    ("${env} == 'prod'", True),
    ('${env} == "prod"', True),
    ("'${env}' == 'prod'", True),
    ('"${env}" == "prod"', True),
    ("'${n}' == '5'", True),
    ("'${yes}' == 'true'", True),
    ("'${nothing}' == 'null'", True),
    ("'${env}-${n}' == 'prod-5'", True),
    ("'$${env}' == '$' ~ '{env}'", True),
    ("${env} != 'test'", True),
    ("${nothing} == null", True),
    ("${nothing} == None", True),
    ("${nothing} is none", True),
    ("${n} != null", True),
    ("${empty} == ''", True),
    ("${user.name} == 'Ann'", True),
    ("user.tags[0] == 'a'", True),
    ("${items} == [1, 2, 3]", True),
    ("${yes} == true", True),
    ("${yes} == True", True),
    ("${no} == false", True),
    ("${items | length} == 3", True),
    ("${items}|length == 3", True),
    ("${name} == '张三'", True),
    ("${quote} == 'it\\'s \"so\"'", True),
    ("${config.profiles.${active_profile}.base_url} == 'https://p'", True),
]

MEMBERSHIP = [
    ("${word} contains 'ell'", True),
    ("${word} contains 'xyz'", False),
    ("${word} not contains 'xyz'", True),
    ("${items} contains 2", True),
    ("${items} contains ${zero}", False),
    ("${user} contains 'name'", True),
    ("'${items}' contains '2,3'", True),
    ("${text} contains 5", True),
    ("2 in ${items}", True),
    ("'ell' in ${word}", True),
    ("9 not in ${items}", True),
    ("${word} contains 'h' and ${n} == 5", True),
    ("[1] in [[1], 2]", True),
    ("[2] not in [[1], 2]", True),
    ("[1] in ${no_items}", False),
    ("{'id': 1, 'on': true} in ${rows}", True),
]

LOGIC = [
    ("${n} == 5 and ${yes}", True),
    ("${n} == 5 && ${no}", False),
    ("${n} == 4 || ${yes}", True),
    ("${n} == 4 or ${no}", False),
    ("!${no}", True),
    ("not ${no}", True),
    ("!(${n} == 5)", False),
    ("!${n} == 4", True),
    ("${yes} && !${no}", True),
    ("(${yes} || ${no}) && ${no}", False),
    ("${yes and not no}", True),
    ("${false_text} or ${false_text}", False),
    ("not ${false_text}", True),
    ("${true_text} and ${text} == '5'", True),
    ("true if ${yes} else false", True),
    ("${absent is defined} or ${n} == 5", True),
    ("absent is defined", False),
    ("${absent | default('x')} == 'x'", True),
    ("'a && b' == 'a && b'", True),
    ("'!' != '?'", True),
]

#: what came as text, beside what it spells.
SPELLED = [
    ("${spelled.ten} == 10", True),
    ("10 == ${spelled.ten}", True),
    ("${spelled.ten} != 10", False),
    ("${spelled.ten} == 10.0", True),
    ("${spelled.ten == 10}", True),
    ("${spelled.ten} == 11", False),
    ("${spelled.ten} > 9", True),
    ("9 < ${spelled.ten}", True),
    ("${spelled.ten} <= 9.5", False),
    ("9 < ${spelled.ten} <= 10", True),
    ("${spelled.ten} > ${spelled.nine}", True),
    ("${spelled.price} == 10.5", True),
    ("${spelled.price} == 10.50", True),
    ("${spelled.long} == 0.123456789012345678", True),
    ("${spelled.long} == 0.123456789012345679", False),
    ("${spelled.huge} > 5", True),
    ("${spelled.padded} == 7", True),
    ("${spelled.ten} in [9, 10]", True),
    ("10 in ['9', '10']", True),
    ("${spelled.ten} not in [9, 10]", False),
    ("[9, 10] contains ${spelled.ten}", True),
    ("10 in {'10': 'ten'}", True),
    ("${spelled.ten} is eq 10", True),
    ("${spelled.ten} is gt 9", True),
    ("${[{'id': 10}] | selectattr('id', '==', spelled.ten) | list | length} == 1", True),
    ("${true_text} == true", True),
    ("true == ${true_text}", True),
    ("${true_text} != true", False),
    ("${true_text} == false", False),
    ("${false_text} == false", True),
    ("${true_text} in [true]", True),
    ("${word} == 5", False),
    ("${word} != 5", True),
    ("${word} == true", False),
    ("${spelled.ten} == true", False),
    ("${true_text} == 1", False),
    ("${empty} == 0", False),
    ("${nothing} == 0", False),
    ("'0x10' == 16", False),
    ("'1_0' == 10", False),
    ("'nan' == 5", False),
    ("${spelled.ten} == '10.0'", False),
    ("'2026-01-02' < '2026-01-10'", True),
    ("${decimal} == 9.9", True),
]

#: text that says true or false says the same wherever it is asked.
JUDGED = [
    ("${not false_text} == true", True),
    ("(not ${false_text}) == true", True),
    ("${not true_text} == true", False),
    ("${false_text and true_text} == true", False),
    ("${false_text and true_text} == true or false", False),
    ("${true_text and false_text} == true", False),
    ("${true_text and true_text} == true", True),
    ("${false_text or true_text} == true", True),
    ("${false_text or false_text} == false", True),
    ("(${false_text} or ${no}) == false", True),
    ("${'A' if false_text else 'B'} == 'A'", False),
    ("${'A' if false_text else 'B'} == 'B'", True),
    ("${'A' if true_text else 'B'} == 'A'", True),
    ("${'A' if not false_text else 'B'} == 'A'", True),
    ("(${word} if ${false_text} else ${n}) == 5", True),
    ("'${not false_text}' == 'true'", True),
    ("[not ${false_text}] == [true]", True),
    ("${n} in [5 if ${false_text} else 6]", False),
    ("${empty or 'x'} == 'x'", True),
    ("${nothing or n} == 5", True),
    ("${n or word} == 5", True),
    ("${zero and word} == 0", True),
    ("${yes and word} == 'hello'", True),
    ("${(false_text or true_text) and word} == 'hello'", True),
    ("${no and items[9]} == false", True),
]

#: a truth value is no number, as in checks.
APART = [
    ("${n} - 4 == true", False),
    ("${n} - 4 != true", True),
    ("true == ${n} - 4", False),
    ("${zero} == false", False),
    ("${zero} != ${no}", True),
    ("${yes} == 1", False),
    ("${yes} == 1.0", False),
    ("${no} == 0", False),
    ("'1' == true", False),
    ("'0' == false", False),
    ("1.50 - 0.50 == true", False),
    ("1 in [true]", False),
    ("true in [1]", False),
    ("true in [1, true]", True),
    ("1 in [true, 1]", True),
    ("[1] == [true]", False),
    ("[true] == [true]", True),
    ("{'a': [0]} == {'a': [false]}", False),
    ("{'a': [0]} == {'a': [0.0]}", True),
    ("[[1]] contains [true]", False),
    ("1 in {'1': 5}", True),
    ("${yes} is eq 1", False),
    ("${[{'on': 1}] | selectattr('on', '==', true) | list | length} == 0", True),
    ("${yes} == ${yes}", True),
    ("${no} == ${no}", True),
]

TRUE_WORDS = ["true", "True", "TRUE", "1", "yes", "Yes", "y", "Y", "ok", "OK", "on", "success"]
FALSE_WORDS = ["false", "False", "0", "no", "NO", "n", "off", "Off", "", "null", "Null", " "]

ROWS = [
    *COMPARISONS,
    *MEMBERSHIP,
    *LOGIC,
    *SPELLED,
    *JUDGED,
    *APART,
]


@pytest.mark.parametrize(("text", "expected"), ROWS, ids=[text for text, _ in ROWS])
def test_a_condition_means_what_it_looks_like(holds, text, expected):
    assert holds(text) is expected


@pytest.mark.parametrize("word", TRUE_WORDS)
@pytest.mark.parametrize("text", ["${value}", "value", "'${value}'", "${value} and true"])
def test_a_lone_word_is_true(scope_of, word, text):
    assert parse_condition(text).evaluate(scope_of({"value": word})) is True


@pytest.mark.parametrize("word", FALSE_WORDS)
@pytest.mark.parametrize("text", ["${value}", "value", "'${value}'", "${value} or false"])
def test_a_lone_word_is_false(scope_of, word, text):
    assert parse_condition(text).evaluate(scope_of({"value": word})) is False


@pytest.mark.parametrize("word", TRUE_WORDS)
def test_a_written_word_is_true(scope_of, word):
    assert parse_condition(word).evaluate(scope_of({})) is True


@pytest.mark.parametrize("word", FALSE_WORDS)
def test_a_written_word_is_false(scope_of, word):
    assert parse_condition(word).evaluate(scope_of({})) is False


def test_a_written_word_is_the_variable_of_that_name_if_there_is_one(scope_of):
    assert parse_condition("success").evaluate(scope_of({"success": False})) is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (False, False), (None, False), (1, True), (0, False), (0.5, True), (-1, True)],
)
def test_yaml_values_are_themselves(scope, value, expected):
    assert parse_condition(value).evaluate(scope) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(7, True), (0, False), (0.0, False), (-1, True), (True, True), (None, False)],
)
def test_a_lone_number_is_true_unless_zero(scope_of, value, expected):
    assert parse_condition("${value}").evaluate(scope_of({"value": value})) is expected


@pytest.mark.parametrize("value", ["hello", "5", "None", "2", [], [1], {}, {"a": 1}, "truely"])
@pytest.mark.parametrize("text", ["${value}", "not ${value}", "${value} and true", "!${value}"])
def test_other_lone_values_ask_for_a_comparison(scope_of, value, text):
    with pytest.raises(TemplateError, match=r"neither true nor false.*write a comparison"):
        parse_condition(text).evaluate(scope_of({"value": value}))


@pytest.mark.parametrize(
    "text",
    [
        "${not value} == true",
        "${value and 5} == 5",
        "${value or 5} == 5",
        "${'A' if value else 'B'} == 'A'",
        "[not ${value}] == [true]",
        "'${1 if value else 2}' == '1'",
    ],
)
@pytest.mark.parametrize("value", ["hello", "5", [1], {}])
def test_nor_are_they_true_or_false_deep_in_one(scope_of, value, text):
    with pytest.raises(TemplateError, match=r"neither true nor false.*write a comparison"):
        parse_condition(text).evaluate(scope_of({"value": value}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "${text} * 2 > 50",
            r"text \('5'\) is not multiplied.*; make it a number: \| int or \| float",
        ),
        ("2 * ${text} == 10", "is not multiplied"),
        ("${text * 2} == 10", "is not multiplied"),
        ("'${text * 2}' == '10'", "is not multiplied"),
        ("${word} * 2 == 'hellohello'", r"text \('hello'\) is not multiplied"),
        (
            "${text} + ${spelled.ten} > 50",
            r"'5' \+ '10' can be a number or a text.*join them with ~",
        ),
        ("${text} + 5 == 10", "TypeError"),
    ],
)
def test_text_is_not_reckoned_with(holds, text, said):
    with pytest.raises(TemplateError, match=said):
        holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "${text | int} * 2 == 10",
        "${text | float} * 2 > 9",
        "${text | int} + 5 == 10",
        "${n} * 2 == 10",
        "${n} + 1.5 == 6.5",
        "${items} * 2 == [1, 2, 3, 1, 2, 3]",
        "${items} + [4] == [1, 2, 3, 4]",
        "${word} + ${text} == 'hello5'",
        "${text} ~ ${text} == '55'",
    ],
)
def test_numbers_and_lists_are(holds, text):
    assert holds(text) is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${'A' if 'false' else 'B'}", "A"),
        ("${'5' * 2}", "55"),
        ("${'5' + '5'}", "55"),
        ("${'hello' or 'x'}", "hello"),
        ("${not 'false'}", False),
    ],
)
def test_a_template_that_is_no_condition_stays_jinja2s(scope, text, value):
    assert Template(text).render(scope) == value


@pytest.mark.parametrize("value", [[], {}, object()])
def test_only_texts_and_plain_values_are_conditions(value):
    with pytest.raises(TemplateError, match="a condition is a text"):
        parse_condition(value)


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("${n} < ${word}", ("5", "hello")),
        ("${word} >= ${n}", ("5", "hello")),
        ("${nothing} < 1", ("null", "1")),
        ("${items} > 1", (r"\[1, 2, 3\]", "1")),
        ("not ${word} > 3", ("'hello'", "3")),
        ("${spelled.ten} < ${word}", ("'10'", "'hello'")),
        ("${true_text} < 1", ("'true'", "1")),
        ("${yes} > 0", ("True", "0")),
        ("0 <= ${no}", ("False", "0")),
        ("${yes} > ${no}", ("True", "False")),
        ("${true_text} > ${no}", ("'true'", "False")),
    ],
)
def test_values_that_have_no_order_are_an_error_that_names_both(holds, text, both):
    with pytest.raises(TemplateError, match="cannot be compared") as caught:
        holds(text)
    for value in both:
        assert value.replace("\\", "") in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "${items} contains [1, 2]",
        "${items} not contains [1, 2]",
        "[1, 2] in ${items}",
        "{'id': 1} not in ${user.tags}",
        "${user} contains ['name']",
    ],
)
def test_a_list_is_no_member_where_there_is_no_other_one(holds, text):
    with pytest.raises(TemplateError, match="which has only other values"):
        holds(text)


@pytest.mark.parametrize("text", ["${n} contains 5", "${nothing} not contains 1", "1 in ${yes}"])
def test_what_cannot_contain_anything_is_an_error_both_ways(holds, text):
    with pytest.raises(TemplateError, match="contains nothing"):
        holds(text)


@pytest.mark.parametrize(
    "text",
    ["${absent} == 1", "absent", "not ${absent}", "${absent} != null", "!absent.x", "1 in absent"],
)
def test_an_undefined_name_is_an_error_whatever_stands_around_it(holds, text):
    with pytest.raises(TemplateError, match="no variable 'absent'"):
        holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "${n} == 5 or ${absent} == 1",
        "${n} == 4 and ${absent} == 1",
        "${yes || absent.x}",
        "not (${yes} or absent)",
        "${yes} or (${no} and ${absent})",
        "${yes} or not absent",
        "${yes} or ${items | length} == absent",
    ],
)
def test_nor_is_it_hidden_by_what_decides_before_it(holds, text):
    with pytest.raises(TemplateError, match="no variable 'absent'"):
        holds(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${absent is defined} and ${absent.x} == 1", False),
        ("${absent is not defined} or ${absent.x} == 1", True),
        ("${yes} or ${absent | default('')} == 'x'", True),
        ("${yes} or ${absent if no else n} == 5", True),
        ("${yes} or ${user.absent} == 1", True),
    ],
)
def test_what_asks_first_may_name_it(holds, text, expected):
    assert holds(text) is expected


HOSTILE = [
    "1 or True",
    "') or ('",
    "' == '' or '1' == '1",
    "{{7*7}}",
    "{% raw %}",
    "${n}",
    "$${n}",
    "__import__('os').system('true')",
    "}",
    "\\",
    '"',
    "'",
    "a' or 'a' == 'a",
    "\n",
    "5 } or ${ 5",
    "true == true",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_server_text_is_a_value_and_never_a_part_of_the_condition_w1(scope_of, value):
    scope = scope_of({"v": value, "same": value})

    assert parse_condition("${v} == 'x'").evaluate(scope) is False
    assert parse_condition("'${v}' == 'x'").evaluate(scope) is False
    assert parse_condition('"${v}" == "x"').evaluate(scope) is False
    assert parse_condition("${v} == ${same}").evaluate(scope) is True
    assert parse_condition("'${v}' == ${same}").evaluate(scope) is True
    assert parse_condition("'a${v}' == 'a' ~ same").evaluate(scope) is True


@pytest.mark.parametrize("value", [*HOSTILE[:3], *HOSTILE[4:8], "true == true"])
def test_lone_server_text_is_no_condition_w1(scope_of, value):
    with pytest.raises(TemplateError, match="neither true nor false"):
        parse_condition("${v}").evaluate(scope_of({"v": value}))


def test_the_documented_null_check_holds_for_a_value_w25(scope_of):
    only_if = parse_condition("${x} != null")

    assert only_if.evaluate(scope_of({"x": "abc"})) is True
    assert only_if.evaluate(scope_of({"x": None})) is False


def test_a_condition_is_looked_at_anew_each_time(scope):
    condition = parse_condition("${index} < 3")
    rounds = 0
    scope.set("index", 0)
    while condition.evaluate(scope):
        rounds += 1
        scope.set("index", rounds)

    assert rounds == 3


def test_a_condition_knows_its_text_place_names_and_calls():
    location = Location("a.yaml", 3, 12)
    condition = parse_condition(LocatedStr("${a.b} == f(c) and request.path == 'x'", location))

    assert condition.text == "${a.b} == f(c) and request.path == 'x'"
    assert condition.location == location
    assert condition.names == {"a", "c", "request"}
    assert condition.calls == {"f"}


def test_an_error_names_the_condition_and_its_place(scope):
    condition = parse_condition(LocatedStr("${usr.name} == 1", Location("a.yaml", 3, 12)))

    with pytest.raises(TemplateError) as caught:
        condition.evaluate(scope)

    assert str(caught.value) == (
        "no variable 'usr' in '${usr.name} == 1' at a.yaml:3; did you mean 'user'?"
    )
