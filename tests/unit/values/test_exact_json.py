"""A3: where a text stops being JSON, and what stands there."""

import json

import pytest
from languages import assert_chinese

from pytest_sisyphus.values import exact_json


def mistake_of(text):
    with pytest.raises((json.JSONDecodeError, RecursionError)) as caught:
        exact_json.loads_unique_keys(text)
    return exact_json.describe_error(caught.value)


MISTAKES = [
    ('{"a": 1,\n "b": }', "line 2, column 7, at '}'"),
    ('{"a": [1, 2', "line 1, column 12, at its end"),
    ("", "line 1, column 1, at its end"),
    ("<html><p>x</p>", "line 1, column 1, at '<html'"),
    ("<!DOCTYPE html>", "line 1, column 1, at '<!DOCTYPE'"),
    ("{'a': 1}", 'line 1, column 2, at "\'"'),
    ('{"v": NaN}', "line 1, column 7, at 'NaN'"),
    ('{"s": "NaN", "v": [NaN]}', "line 1, column 20, at 'NaN'"),
    ('{"v": -Infinity}', "line 1, column 7, at '-'"),
    ('{"s": "\\" Infinity", "v": Infinity}', "line 1, column 27, at 'Infinity'"),
    ("[None]", "line 1, column 2, at 'None'"),
    ('{"v": undefined}', "line 1, column 7, at 'undefined'"),
    ('{"a": 1} {"a": 2}', "line 1, column 10, at '{'"),
    ('{"n": 1}\n{"n": 2}', "line 2, column 1, at '{'"),
    ('["\t"]', "line 1, column 3, at '\\t'"),
    ('{"a": 1,\n "a": 2}', 'line 2, column 2, at \'"\': the key "a" stands twice'),
    ('[{"a": {"b": 1, "b": 2}}]', 'line 1, column 17, at \'"\': the key "b" stands twice'),
    ('{"a": "a", "x": {"a": 1}, "\\u0061": 2}', "line 1, column 27, at '\"': the key"),
    ("[" * 100_000, "it is nested too deeply"),
]


@pytest.mark.parametrize(("text", "start"), MISTAKES)
def test_it_is_said_where(text, start):
    assert mistake_of(text).startswith(start)


def test_a_trailing_comma_is_said_where_the_reader_stopped():
    """Older readers stop behind it, newer ones at it."""
    assert mistake_of('{"error": "boom",}').startswith(
        ("line 1, column 18, at '}'", "line 1, column 17, at ','")
    )


def test_no_part_of_a_long_word_is_shown():
    """It may be a secret, and masking knows no half of one."""
    assert "sesame" not in mistake_of('{"password": sesame0123456789sesame0123456789}')


@pytest.mark.parametrize(
    "text", ['{"a": {"a": 1}, "b": {"a": 2}}', '[{"a": 1}, {"a": 2}]', '{"a": "\\"a\\": 1"}']
)
def test_a_key_may_stand_in_several_objects(text):
    assert exact_json.loads_unique_keys(text) == json.loads(text)


@pytest.mark.parametrize("text", [text for text, _ in MISTAKES])
def test_it_is_said_in_chinese(text, set_to_chinese):
    assert_chinese(mistake_of(text))
