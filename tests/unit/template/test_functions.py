"""Every function of templates: what it gives, and what it says to wrong arguments."""

import json
import re
import string
import sys
from random import Random

import pytest

from pytest_sisyphus.errors import DatabaseFailed, TemplateError
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import Function
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import Template

FIXED = [
    ("timestamp()", 1769862615),
    ("timestamp_ms()", 1769862615250),
    ("timestamp_us()", 1769862615250000),
    ("now()", "2026-01-31 12:30:15"),
    ("now().strftime('%Y')", "2026"),
    ("now().strftime('%Y年%m月%d日')", "2026年01月31日"),
    ("now().strftime('%99999999Y')", "%99999999Y"),
    ("now().year", 2026),
    ("now().month + now().day + now().hour + now().minute + now().second", 89),
    ("now().microsecond", 250000),
    ("now().weekday()", 5),
    ("now().isoweekday()", 6),
    ("now().date()", "2026-01-31"),
    ("now().time()", "12:30:15.250000"),
    ("now().isoformat()", "2026-01-31T12:30:15.250000"),
    ("now().date().strftime('%d')", "31"),
    ("now()[:10]", "2026-01-31"),
    ("now().replace(' ', 'T')", "2026-01-31T12:30:15"),
    ("now() ~ '!'", "2026-01-31 12:30:15!"),
    ("now() == '2026-01-31 12:30:15'", True),
    ("json([now()])", '["2026-01-31 12:30:15"]'),
    ("date()", "2026-01-31"),
    ("date('%Y%m%d')", "20260131"),
    ("date('%Y年%m月%d日')", "2026年01月31日"),
    ("date('%H:%M:%S')", "12:30:15"),
    ("date('%Y-%m-%d', offset='+1d')", "2026-02-01"),
    ("date('%Y-%m-%d', '-1d')", "2026-01-30"),
    ("date('%H:%M', offset='-2h')", "10:30"),
    ("date('%H:%M', offset='30m')", "13:00"),
    ("date('%H:%M:%S', offset='1h30m10s')", "14:00:25"),
    ("date('%H:%M', offset='-1h30m')", "11:00"),
    ("date('%H:%M', offset='-1h +30m')", "12:00"),
    ("date(offset='1w')", "2026-02-07"),
    ("date(format='100%%', offset='')", "100%"),
    ("env('HOME_PAGE')", "https://example.org"),
    ("env('HOME_PAGE', 'x')", "https://example.org"),
    ("env('ABSENT', 'x')", "x"),
    ("env('ABSENT', none)", None),
    ("env('EMPTY', 'x')", ""),
    ("base64_encode('a:b')", "YTpi"),
    ("base64_encode(name)", "5byg5LiJ"),
    ("base64_encode(5)", "NQ=="),
    ("base64_decode('YTpi')", "a:b"),
    ("base64_decode('5byg5LiJ')", "张三"),
    ("base64_decode('NQ')", "5"),
    ("base64_decode('Pz8_')", "???"),
    ("url_encode('a b/c?ä')", "a%20b%2Fc%3F%C3%A4"),
    ("url_encode({'a': 'x y', 'b': [1, 2]})", "a=x+y&b=1&b=2"),
    ("url_decode('a%20b%2Fc')", "a b/c"),
    ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
    ("sha1('a')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
    ("sha256('a')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    (
        "hmac_sha256('key', 'text')",
        "6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6",
    ),
    ("json(user.tags)", '["a","b"]'),
    ("json('a')", '"a"'),
    ("json(nothing)", "null"),
    ("parse_json('{\"a\": [1, null]}').a", [1, None]),
    ("parse_json(json(rows)) == rows", True),
]


@pytest.mark.parametrize(("call", "value"), FIXED, ids=[call for call, _ in FIXED])
def test_a_function_gives_its_value(render, call, value):
    assert render(f"${{{call}}}") == value


DRAWN = [
    ("uuid()", r"[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"),
    ("uuid4()", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("random_str()", r"[A-Za-z0-9]{8}"),
    ("random_string(3)", r"[A-Za-z0-9]{3}"),
    ("random_str(length=5, chars='ab')", r"[ab]{5}"),
    ("random_str(0)", r""),
    ("choice(['a', 'b'])", r"a|b"),
    ("items | random", r"[123]"),
    ("random()", r"\d{1,7}"),
    ("randint()", r"\d{1,3}"),
    ("random(3, 3)", r"3"),
    ("random(min=-2, max=-1)", r"-1|-2"),
    ("fake('name')", r".+"),
    ("fake('name', locale='zh_CN')", r"[一-鿿]{2,5}"),
    ("fake('email')", r".+@.+"),
    ("fake('random_int', 5, 5)", r"5"),
]


@pytest.mark.parametrize(("call", "pattern"), DRAWN, ids=[call for call, _ in DRAWN])
def test_chance_stays_in_its_bounds_and_repeats_with_its_seed(scope_of, call, pattern):
    template = Template(f"${{{call}}}-")
    drawn = [template.render(scope_of(random=Random(seed))) for seed in (1, 1, 2)]

    assert all(re.fullmatch(f"(?:{pattern})-", one) for one in drawn)
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("call", ["uuid()", "uuid4()", "random_str(20)", "random(0, 10**12)"])
def test_chance_differs_from_call_to_call_and_seed_to_seed(scope_of, call):
    scope = scope_of(random=Random(1))
    template = Template(f"${{{call}}}")

    drawn = {template.render(scope), template.render(scope)}

    assert len(drawn | {template.render(scope_of(random=Random(2)))}) == 3


def test_random_includes_both_ends(scope):
    template = Template("${randint(1, 3)}")

    assert {template.render(scope) for _ in range(200)} == {1, 2, 3}


def test_the_default_characters_are_letters_and_digits(scope):
    drawn = Template("${random_str(5000)}").render(scope)

    assert set(drawn) == set(string.ascii_letters + string.digits)


WRONG = [
    ("random('a')", "random(min: int = 0, max: int = 1000000)"),
    ("random(1, 2, 3)", "wrong arguments for random("),
    ("random(low=1)", "wrong arguments for random("),
    ("random(2, 1)", "there is no number from 2 to 1"),
    ("random_str('x')", "random_str(length: int = 8"),
    ("random_str(10**9)", "random_str() makes 0 to 100,000 characters"),
    ("random_str(-1)", "random_str() makes"),
    ("uuid(1)", "wrong arguments for uuid()"),
    ("choice([])", "choice() takes a list with members"),
    ("choice(5)", "choice() takes a list with members, not 5"),
    ("env()", "wrong arguments for env(name: str"),
    ("env('ABSENT')", "no environment variable 'ABSENT'"),
    ("env('PATH')", "no environment variable 'PATH'"),
    ("date('%Y', offset='tomorrow')", "'tomorrow' is no offset; write +1d"),
    ("date('%Y', offset='1y')", "is no offset"),
    ("date('%Y', offset=1)", "1 is no offset"),
    ("date('%Y', offset='999999999w')", "date("),
    (
        "date('yyyy-MM-dd')",
        "'yyyy-MM-dd' has no directive, so that it gives itself; write '%Y-%m-%d",
    ),
    ("now().strftime('HH:mm')", "'HH:mm' has no directive"),
    ("base64_decode('!!')", "'!!' is no base64"),
    ("base64_decode('/w==')", "no UTF-8 text"),
    ("parse_json('{')", "'{' is no JSON"),
    ("parse_json('NaN')", "NaN is not JSON"),
    ("parse_json(5)", "parse_json(text: str)"),
    ("md5()", "wrong arguments for md5("),
    ("db_query('select 1')", "no database is configured"),
    ("fake('no_such_thing')", "Faker has no provider 'no_such_thing'"),
    ("fake('add_provider', 1)", "Faker has no provider 'add_provider'"),
    ("fake('seed_instance', 1)", "Faker has no provider 'seed_instance'"),
    ("fake('__class__')", "Faker has no provider '__class__'"),
    ("fake('name', locale='xx_YY')", "fake("),
    ("fake('text', 10**9)", "up to 100,000"),
    ("fake('binary', length=10**9)", "up to 100,000"),
    ("nope()", "no function 'nope'"),
    ("timestmp()", "did you mean 'timestamp'"),
    ("n()", "no function 'n'"),
    ("word.upper(1, 2)", "upper"),
]


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[call for call, _ in WRONG])
def test_a_wrong_call_says_what_is_wrong(render, call, message):
    with pytest.raises(TemplateError) as caught:
        render(f"${{{call}}}")

    assert message in str(caught.value)


def test_a_query_goes_to_the_database_of_the_case(scope_of):
    asked = []

    def db_query(sql, *params, alias):
        asked.append((sql, params, alias))
        return [{"updated_at": "x"}]

    scope = scope_of(db_query=db_query)
    template = Template("${db_query('select ?', n, alias='main')[0].updated_at}")

    assert template.render(scope_of({"n": 5}, db_query=db_query)) == "x"
    assert Template("${db_query('select 1')}").render(scope) == [{"updated_at": "x"}]
    assert asked == [("select ?", (5,), "main"), ("select 1", (), "default")]


def test_a_failing_query_stays_a_database_error(scope_of):
    def db_query(sql, *params, alias):
        raise DatabaseFailed("no such table")

    with pytest.raises(DatabaseFailed, match="no such table"):
        Template("${db_query('x')}").render(scope_of(db_query=db_query))


def test_without_faker_its_extra_is_named(scope, monkeypatch):
    monkeypatch.setitem(sys.modules, "faker", None)

    with pytest.raises(TemplateError, match=r"fake\(\) needs Faker .*pytest-sisyphus\[faker\]"):
        Template("${fake('name')}").render(scope)


def users_scope(call):
    function = Function(name="mine", call=call, description="")
    return Scope(layers=(), functions=lambda: Registry("function", [function]))


def test_a_users_function_may_fail_in_any_way():
    class OddError(Exception):
        """what nobody knows"""

    def mine(_text):
        raise OddError("broken")

    with pytest.raises(
        TemplateError, match=r"mine\(\) failed: OddError: broken \(.*test_functions.py:\d+\)"
    ):
        Template("${mine('x')}").render(users_scope(mine))


def test_a_function_without_lines_of_its_own_has_no_place():
    with pytest.raises(TemplateError) as caught:
        Template("${mine(5)}").render(users_scope(len))

    assert str(caught.value).startswith(
        "mine() failed: TypeError: object of type 'int' has no len() in "
    )


def test_a_function_of_ours_says_the_reason_first(render):
    with pytest.raises(TemplateError) as caught:
        render("${date('abc')}")

    assert str(caught.value).startswith("date() failed: ValueError: 'abc' has no directive")
    assert "it is date(" not in str(caught.value)


def test_a_users_function_gets_and_gives_values():
    template = Template("${mine([1, 2], key={'a': none})}")

    assert template.render(users_scope(lambda *args, **named: [args, named])) == [
        ([1, 2],),
        {"key": {"a": None}},
    ]


def test_every_function_is_described(functions_of):
    assert all(function.description for function in functions_of())


def test_the_signature_of_json_round_trips(render):
    assert json.loads(render("${json(rows)}")) == [{"id": 1, "on": True}, {"id": 2, "on": False}]


def test_a_variable_keeps_the_moment(scope_of):
    scope = scope_of({"text": "2026-01-31 12:30:15"})
    scope.set("began", Template("${now()}").render(scope))

    assert Template("${began.strftime('%H')} ${began.year} ${began}").render(scope) == (
        "12 2026 2026-01-31 12:30:15"
    )
    with pytest.raises(TemplateError, match="text has no 'year'"):
        Template("${text.year}").render(scope)
