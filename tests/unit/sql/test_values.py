"""Values of databases as JSON has them."""

import datetime as dt
import json
import math
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sisyphus.sql.values import json_value, unique_names
from pytest_sisyphus.values.numbers import number


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("12.30"), number("12.30")),
        (Decimal("5.00"), number("5.00")),
        (Decimal(5), 5),
        (Decimal("9.5"), 9.5),
        (Decimal("1E+3"), 1000),
        (Decimal("0.1000000000000000055511"), number("0.1000000000000000055511")),
        (Decimal("1e5000"), "1E+5000"),
        (Decimal("NaN"), "NaN"),
        (math.inf, "inf"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (dt.datetime(2026, 1, 31, 10, tzinfo=dt.UTC), "2026-01-31T10:00:00+00:00"),
        (dt.time(10, 20), "10:20:00"),
        (dt.timedelta(hours=25, seconds=1), "25:00:01"),
        (-dt.timedelta(minutes=90, microseconds=5), "-01:30:00.000005"),
        (b"\xff\x00", "/wA="),
        (memoryview(b"a"), "YQ=="),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({1: [Decimal("1.5")]}, {"1": [1.5]}),
        (True, True),
    ],
)
def test_each_kind(value, expected):
    made = json_value(value)

    assert made == expected
    assert (type(made), str(made)) == (type(expected), str(expected))
    json.dumps(made, allow_nan=False)


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_decimal_loses_a_digit(value):
    assert Decimal(str(json_value(value))) == value


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "b"], ("a", "b")),
        (["id", "id", "id"], ("id", "id_2", "id_3")),
        (["id", "id", "id_2"], ("id", "id_3", "id_2")),
    ],
)
def test_equal_columns_are_told_apart(names, expected):
    assert unique_names(names) == expected
