"""Numbers that keep their digits, and the JSON that carries them."""

import copy
import json
import math
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.numbers import NumberOutOfRangeError, Numeral, number

JSON_DECIMALS = st.from_regex(
    r"\A-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,25}([eE][-+]?[0-9]{1,2})?|[eE][-+]?[0-9]{1,2})\Z"
)


@pytest.mark.parametrize("text", ["10.5", "0.1", "-3.25", "1e+22", "0.0001", "123456789.125"])
def test_what_a_double_keeps_is_an_ordinary_float(text):
    assert type(number(text)) is float


@pytest.mark.parametrize(
    "text", ["10.50", "10.00", "1e5", "0.00001", "0.123456789012345678", "1234567890123456.78"]
)
def test_what_a_double_would_change_keeps_its_text(text):
    made = number(text)

    assert (type(made), str(made), repr(made), f"{made}") == (Numeral, text, text, text)
    assert float(made) == float(text)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("+1.5", "1.5"),
        ("+1.50", "1.50"),
        (".5", "0.5"),
        ("-.50", "-0.50"),
        ("5.", "5.0"),
        ("1.e5", "1.0e5"),
        ("007.50", "7.50"),
    ],
)
def test_what_json_does_not_know_is_spelled_its_way(text, spelled):
    assert str(number(text)) == spelled
    assert json.loads(exact_json.dumps(number(text))) == float(text)


@pytest.mark.parametrize("text", ["1e400", "-1e400", "1e-99999999999", "0e99999999999999"])
def test_what_no_number_can_hold_is_refused(text):
    with pytest.raises(NumberOutOfRangeError, match="beyond what a double can hold"):
        number(text)


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        ("10.50", 10.5, 0),
        ("10.00", 10, 0),
        ("0.123456789012345678", number("0.123456789012345679"), -1),
        ("0.123456789012345678", 0.12345678901234568, -1),
        ("1234567890123456.80", number("1234567890123456.78"), 1),
        ("12345678901234567890.0", 12345678901234567890, 0),
        ("12345678901234567890.0", 12345678901234567891, -1),
        ("9.90", Decimal("9.9"), 0),
        ("1e-400", 0, 1),
        ("1.50", math.inf, -1),
    ],
)
def test_comparing_goes_by_the_digits(left, right, order):
    left = number(left)

    assert (left == right, left != right) == (order == 0, order != 0)
    assert (left < right, left <= right) == (order < 0, order <= 0)
    assert (left > right, left >= right) == (order > 0, order >= 0)
    if not isinstance(right, Decimal):
        assert (right == left, right < left, right >= left) == (order == 0, order > 0, order <= 0)
    if order == 0 and not isinstance(right, Decimal):
        assert hash(left) == hash(right)


def test_nothing_but_a_number_equals_one():
    for other in ("1.50", None, math.nan):
        assert number("1.50") != other


def test_arithmetic_makes_an_ordinary_number():
    price = number("10.50")

    assert [type(one) for one in (price * 2, 2 * price, price + 0.25, -price, abs(price))] == (
        [float] * 5
    )
    assert (price * 2, round(price), int(price), f"{price:.3f}") == (21.0, 10, 10, "10.500")


def test_copies_keep_the_digits():
    price = number("10.50")

    assert [str(one) for one in (copy.deepcopy([price])[0], pickle.loads(pickle.dumps(price)))] == [
        "10.50",
        "10.50",
    ]


@pytest.mark.slow
@given(JSON_DECIMALS)
def test_json_comes_out_as_it_went_in(text):
    assert Decimal(exact_json.dumps(exact_json.loads(text))) == Decimal(text)
    made = exact_json.loads(text)
    assert exact_json.dumps(made) == (text if isinstance(made, Numeral) else repr(float(text)))


def test_digits_survive_at_any_depth_and_in_keys():
    text = '{"a": [1.50, {"b": 1e5}], "10.50": "10.50", "n": 12345678901234567890}'

    assert exact_json.dumps(exact_json.loads(text)) == text
    assert exact_json.dumps({number("1.50"): (number("2.50"), 3.5)}) == '{"1.50": [2.50, 3.5]}'
    assert exact_json.dumps([number("1.50")], indent=1) == "[\n 1.50\n]"


def test_what_default_finds_keeps_its_digits_too():
    class Foreign:
        pass

    made = exact_json.dumps([Foreign()], default=lambda _: {"a": number("1.50")})

    assert made == '[{"a": 1.50}]'


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ('{"v": NaN}', 1, 7, "NaN is not JSON"),
        ('{"v":\n [-Infinity]}', 2, 3, "-Infinity is not JSON"),
        ('{"v1e400": 1,\n "w": 1e400}', 2, 7, "1e400 is a number beyond what a double can hold"),
        (f"[1, {'1' * 5000}]", 1, 5, "a number has too many digits"),
        ('{"v": }', 1, 7, "Expecting value"),
    ],
    ids=range(5),
)
def test_what_is_no_json_is_refused_with_its_place(text, line, column, message):
    with pytest.raises(json.JSONDecodeError) as caught:
        exact_json.loads(text)

    assert (caught.value.lineno, caught.value.colno) == (line, column)
    assert caught.value.msg == message
