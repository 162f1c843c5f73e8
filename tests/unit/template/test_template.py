"""The specification of templates: what is written, what comes out."""

import pytest

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.template.template import Template, find_templates, is_template, render_value
from pytest_sisyphus.values.numbers import number

LONE_VALUES = [
    ("${n}", 5),
    ("${ n }", 5),
    ("${price}", 9.5),
    ("${yes}", True),
    ("${no}", False),
    ("${nothing}", None),
    ("${empty}", ""),
    ("${name}", "张三"),
    ("${text}", "5"),
    ("${items}", [1, 2, 3]),
    ("${no_items}", []),
    ("${user.name}", "Ann"),
    ("${user['name']}", "Ann"),
    ('${user["name"]}', "Ann"),
    ("${user.address.zip}", "1"),
    ("${user.tags[0]}", "a"),
    ("${user.tags[-1]}", "b"),
    ("${user.tags.1}", "b"),
    ("${rows[1].id}", 2),
    ("${items[1:]}", [2, 3]),
    ("${items[:2]}", [1, 2]),
    ("${keyed['a.b']}", "dotted"),
    ("${keyed['1']}", "one"),
    ("${keyed[1]}", "one"),
    ("${keyed[true]}", "yes"),
    ("${keyed[null]}", "nil"),
    ("${keyed[1.50]}", "exact"),
    ("${keyed[2] | default('none')}", "none"),
    ("${user._id}", 7),
    ("${user.items}", "mine"),  # a key is read before a method
    ("${{'a': 1, 'b': 2}.keys()}", ["a", "b"]),
    ("${{'a': 1, 'b': 2}.values()}", [1, 2]),
    ("${{'a': 1}.items()}", [("a", 1)]),
    ("${{'a': 1}.keys() == ['a']}", True),
    ("a ${{'a': 1}.values()}", "a [1]"),
    ("${{'a': 1}}", {"a": 1}),
    ("${{'a': {'b': [n]}}}", {"a": {"b": [5]}}),
    ("${[n, name]}", [5, "张三"]),
    ("${(n)}", 5),
    ("${\n  n\n}", 5),
]

CONSTANTS = [
    *[(f"${{{word}}}", None) for word in ("null", "Null", "NULL", "none", "None", "NONE")],
    *[(f"${{{word}}}", True) for word in ("true", "True", "TRUE")],
    *[(f"${{{word}}}", False) for word in ("false", "False", "FALSE")],
    ("${1}", 1),
    ("${-1.5}", -1.5),
    ("${1e3}", number("1e3")),
    ("${1.5e-3}", number("1.5e-3")),
    ("${10.50}", number("10.50")),
    ("${-10.50}", number("-10.50")),
    ("a${10.50}b", "a10.50b"),
    ("${10.50 * 2}", 21.0),
    ("${price + 0.50}", 10.0),
    ("${[10.50, 10.5]}", [number("10.50"), 10.5]),
    ("${'text'}", "text"),
    ('${"text"}', "text"),
    ("${'it\\'s'}", "it's"),
    ("${'a\\nb'}", "a\nb"),
    ("${'}'}", "}"),
    ("${'{'}", "{"),
    ("${'${n}'}", "5"),
    ("${'$${n}'}", "${n}"),
    ("${'a\nb'}", "a\nb"),
]

MIXED_TEXT = [
    ("id-${n}", "id-5"),
    ("${n}${n}", "55"),
    ("${n} ", "5 "),
    (" ${n}", " 5"),
    ("${yes}!", "true!"),
    ("${no}!", "false!"),
    ("${nothing}!", "null!"),
    ("${empty}!", "!"),
    ("${price}!", "9.5!"),
    ("${items}!", "[1,2,3]!"),
    ("${rows}!", '[{"id":1,"on":true},{"id":2,"on":false}]!'),
    ("<${[name, nothing]}>", '<["张三",null]>'),
    ("你好,${name}。", "你好,张三。"),
    ("${n}\n${text}\n", "5\n5\n"),
    ('{"id": ${n}, "on": ${yes}, "x": ${nothing}}', '{"id": 5, "on": true, "x": null}'),
    ("/items/${n}?q=${name}", "/items/5?q=张三"),
]

LITERAL_TEXT = [
    ("$${n}", "${n}"),
    ("a$${n}b${n}", "a${n}b5"),
    ("$$${n}", "$${n}"),
    ("$${", "${"),
    ("${'$'}${n}", "$5"),
    ("$5 and ${n}", "$5 and 5"),
    ("}${n}{", "}5{"),
    ("{{ ${n} }}", "{{ 5 }}"),
    ("{% x %}${n}{# c #}", "{% x %}5{# c #}"),
]

NESTED = [
    ("${config.profiles.${active_profile}.base_url}", "https://p"),
    ("${config.profiles[active_profile].base_url}", "https://p"),
    ("${config.profiles['${active_profile}'].base_url}", "https://p"),
    ("${items[${zero}]}", 1),
    ("${items.${zero}}", 1),
    ("${${n} + ${zero}}", 5),
    ("${${${n}}}", 5),
    ("${'a-${n}-${'b-${n}'}'}", "a-5-b-5"),
    ("${user.${'na' ~ 'me'}}", "Ann"),
]

OPERATORS = [
    ("${n + 1}", 6),
    ("${n - 1}", 4),
    ("${n * 2}", 10),
    ("${n / 2}", 2.5),
    ("${n // 2}", 2),
    ("${n % 2}", 1),
    ("${n ** 2}", 25),
    ("${-n}", -5),
    ("${'a' + 'b'}", "ab"),
    ("${'ab' * 2}", "abab"),
    ("${[1] + [2]}", [1, 2]),
    ("${n ~ yes}", "5true"),
    ("${'a' ~ nothing ~ items}", "anull[1,2,3]"),
    ("${n == 5}", True),
    ("${n != 5}", False),
    ("${n < 6}", True),
    ("${1 < n <= 5}", True),
    ("${1 < n < 5}", False),
    ("${2 in items}", True),
    ("${4 not in items}", True),
    ("${'ell' in word}", True),
    ("${5 in text}", True),
    ("${'name' in user}", True),
    ("${word contains 'ell'}", True),
    ("${word not contains 'ell'}", False),
    ("${items contains 2 and n == 5}", True),
    ("${yes && no}", False),
    ("${yes || no}", True),
    ("${!yes}", False),
    ("${!(n == 5)}", False),
    ("${yes == !no}", True),
    ("${n == 5 && !no || no}", True),
    ("${'a && b || !c'}", "a && b || !c"),
    ("${not no}", True),
    ("${'x' if yes else 'y'}", "x"),
    ("${'x' if n > 9 else 'y'}", "y"),
    ("${empty or 'instead'}", "instead"),
    ("${'%s-%03d' % ('a', n)}", "a-005"),
    ("${nothing is none}", True),
    ("${n is number}", True),
    ("${word is string}", True),
    ("${n is odd}", True),
    ("${absent is defined}", False),
    ("${absent is undefined}", True),
    ("${user.absent is defined}", False),
    ("${user.absent.deeper is defined}", False),
    ("${n is defined}", True),
]

FILTERS = [
    ("${absent | default('d')}", "d"),
    ("${absent | d(1)}", 1),
    ("${absent.deep[0].er | default('d')}", "d"),
    ("${user.absent | default(none)}", None),
    ("${nothing | default('d')}", None),
    ("${nothing | default('d', true)}", "d"),
    ("${n | default('d')}", 5),
    ("x${absent | default('d')}", "xd"),
    ("${[] | first | default('d')}", "d"),
    ("${word | upper}", "HELLO"),
    ("${word | capitalize}", "Hello"),
    ("${word | length}", 5),
    ("${items | length}", 3),
    ("${items | sum}", 6),
    ("${items | max}", 3),
    ("${items | min}", 1),
    ("${items | first}", 1),
    ("${items | last}", 3),
    ("${items | reverse}", [3, 2, 1]),
    ("${word | reverse}", "olleh"),
    ("${items | join(',')}", "1,2,3"),
    ("${[yes, nothing] | join(',')}", "true,null"),
    ("${rows | map(attribute='id')}", [1, 2]),
    ("${rows | map(attribute='id') | list}", [1, 2]),
    ("${rows | selectattr('on') | map(attribute='id')}", [1]),
    ("${rows | join('+', attribute='id')}", "1+2"),
    ("${items | select('odd')}", [1, 3]),
    ("${items | reject('odd')}", [2]),
    ("${[3, 1] | sort}", [1, 3]),
    ("${[1, 1, 2] | unique}", [1, 2]),
    ("${text | int}", 5),
    ("${'5.7' | int}", 5),
    ("${'x' | int(0)}", 0),
    ("${text | float}", 5.0),
    ("${n | string}", "5"),
    ("${yes | string}", "true"),
    ("${2.345 | round(2)}", 2.35),
    ("${2.1 | round(0, 'ceil')}", 3.0),
    ("${items | tojson}", "[1,2,3]"),
    ("${word | tojson}", '"hello"'),
    ("${' x ' | trim}", "x"),
    ("${'a-b' | replace('-', '+')}", "a+b"),
    ("${'a b' | urlencode}", "a%20b"),
    ("${user | items | length}", 5),
    ("${n | abs}", 5),
    ("${'%s!' | format(word)}", "hello!"),
    ("${'<b>' ~ word}", "<b>hello"),
]

METHODS = [
    ("${word.upper()}", "HELLO"),
    ("${word.startswith('he')}", True),
    ("${'a,b'.split(',')}", ["a", "b"]),
    ("${'a,b'.split(',')[1]}", "b"),
    ("${'-'.join(items)}", "1-2-3"),
    ("${'{} {x:>3}'.format(n, x='a')}", "5   a"),
    ("${'7'.zfill(3)}", "007"),
    ("${'a'.center(3, '*')}", "*a*"),
    ("${'aXb'.replace('X', '-')}", "a-b"),
    ("${user.get('name')}", "Ann"),
    ("${user.get('absent', 1)}", 1),
    ("${keyed.items() | list | length}", 5),
    ("${items.index(2)}", 1),
    ("${fixtures.account.login}", "ann"),
]

CALLS = [
    ("${timestamp()}", 1769862615),
    ("${timestamp}", "a variable"),
    ("${md5('a')}", "0cc175b9c0f1b6a831c399e269772661"),
    ("${json({'a': nothing})}", '{"a":null}'),
    ("${base64_encode(word)}!", "aGVsbG8=!"),
    ("${md5(${text}) == md5('5')}", True),
]

ROWS = [
    *LONE_VALUES,
    *CONSTANTS,
    *MIXED_TEXT,
    *LITERAL_TEXT,
    *NESTED,
    *OPERATORS,
    *FILTERS,
    *METHODS,
    *CALLS,
]


@pytest.mark.parametrize(("text", "value"), ROWS, ids=[text for text, _ in ROWS])
def test_a_template_has_its_value(render, text, value):
    rendered = render(text)

    assert (type(rendered), rendered, str(rendered)) == (type(value), value, str(value))


@pytest.mark.parametrize("text", ["", "plain", "$n", "{n}", "{{n}}", "{%22a%22}", "$", "a$b{c}"])
def test_other_text_is_no_template(text, scope):
    assert not is_template(text)
    assert render_value(text, scope) == text


def test_a_url_with_an_encoded_brace_is_text_w62(render, scope):
    assert render_value("/q?f={%22a%22:1}", scope) == "/q?f={%22a%22:1}"
    assert render("/q?f={%22a%22:${n}}") == "/q?f={%22a%22:5}"


def test_text_that_came_out_of_a_template_is_not_rendered_again_w1(render):
    assert render("${evil}") == "${n} {{7*7}} {% set a = 1 %}"
    assert render("<${evil}>") == "<${n} {{7*7}} {% set a = 1 %}>"
    assert render("${'${evil}'}") == "${n} {{7*7}} {% set a = 1 %}"


def test_functions_are_there_in_every_text_w60(scope):
    data = {"url": "/x/${md5('a')[:2]}", "expect": "${1 + 1}", "body": "n=${base64_encode('a')}"}

    assert render_value(data, scope) == {"url": "/x/0c", "expect": 2, "body": "n=YQ=="}


def test_default_works_on_undefined_names_everywhere_w61(scope):
    data = {"url": "/x/${absent | default('none')}", "expect": "${absent | default(7)}"}

    assert render_value(data, scope) == {"url": "/x/none", "expect": 7}


@pytest.mark.parametrize(
    "data",
    [
        {"params": {"id": "${absent}"}},
        {"headers": {"X": "a ${absent}"}},
        {"json": [{"deep": ["${absent}"]}]},
        {"${absent}": 1},
    ],
)
def test_a_missing_variable_is_an_error_and_never_empty_text_w17(scope, data):
    with pytest.raises(TemplateError, match="no variable 'absent'"):
        render_value(data, scope)


def test_a_variable_does_not_shadow_a_functions_call_w73(scope):
    scope.set("uuid", "mine")
    scope.set("f_uuid", "another")

    assert len(Template("${uuid()}").render(scope)) == 32
    assert Template("${uuid ~ f_uuid}").render(scope) == "mineanother"


def test_nested_data_are_rendered_whole_with_their_keys(scope):
    data = {"${name}": ["${n}", {"x": "${user.tags}", "plain": "p"}, 7, None, True], 1: "a${n}"}

    assert render_value(data, scope) == {
        "张三": [5, {"x": ["a", "b"], "plain": "p"}, 7, None, True],
        1: "a5",
    }


def test_keys_are_text_once_they_are_rendered(scope):
    assert render_value({"${n}": 1, "${yes}": 2}, scope) == {"5": 1, "true": 2}


def test_keys_that_become_the_same_are_refused(scope):
    with pytest.raises(TemplateError, match="two keys of a mapping are both '5'"):
        render_value({"${n}": 1, "5": 2}, scope)


def test_the_templates_in_nested_data_are_found():
    data = {"${a}": ["x", "${f(b.c) ~ d}", {"k": "$${no}"}], "plain": 1}

    templates = {template.text: template for template in find_templates(data)}

    assert templates.keys() == {"${a}", "${f(b.c) ~ d}", "$${no}"}
    assert templates["${f(b.c) ~ d}"].names == {"b", "d"}
    assert templates["${f(b.c) ~ d}"].calls == {"f"}
    assert templates["$${no}"].names == frozenset()


def test_names_and_calls_are_told_apart():
    template = Template("${a.b[c] | default(d) ~ f(e, k=g) if h is defined else '${i}'} ${j}")

    assert template.names == {"a", "c", "d", "e", "g", "h", "i", "j"}
    assert template.calls == {"f"}
