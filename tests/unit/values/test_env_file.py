"""The text of `.env` files."""

import pytest
from languages import assert_chinese

from pytest_sisyphus.values.env_file import EnvFileError, parse_env_file


def values(text):
    return {name: value for name, value, _ in parse_env_file(text)}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", {}),
        ("\n  \n# a comment\n  # another\n", {}),
        ("A=1", {"A": "1"}),
        ("A=1\nB = two words \nC=\n", {"A": "1", "B": "two words", "C": ""}),
        ("export A=1\n  B=2\n", {"A": "1", "B": "2"}),
        ("A=b#c\nB=#c\n", {"A": "b#c", "B": "#c"}),
        ("A='b # \"c\" \\n $d' # e\n", {"A": 'b # "c" \\n $d'}),
        (r'A="b \"c\" \\ \$d\n\te" # f', {"A": 'b "c" \\ $d\n\te'}),
        (r"""A="\r\'\`\\q" """, {"A": "\r'`\\q"}),
        ("A='b\nc'\nB=\"d\ne\"\nC=1", {"A": "b\nc", "B": "d\ne", "C": "1"}),
        ("A=b=c\nB=http://x/?a=1&b=2#c\n", {"A": "b=c", "B": "http://x/?a=1&b=2#c"}),
        ("\ufeffA=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A=价格\n", {"A": "价格"}),
        ("A=5$\nB=$5\n", {"A": "5$", "B": "$5"}),
        ("A=''\nB=\"\"\n", {"A": "", "B": ""}),
    ],
)
def test_values(text, made):
    assert values(text) == made


def test_lines():
    text = "# x\nA='1\n2'\n\nB=2"

    assert [(name, line) for name, _, line in parse_env_file(text)] == [("A", 2), ("B", 5)]


REFUSED = [
    ("A=1\nB", 2, "expected NAME=VALUE; a name has letters, digits and _"),
    ("A: 1", 1, "expected NAME=VALUE"),
    ("1A=1", 1, "expected NAME=VALUE"),
    ("A-B=1", 1, "expected NAME=VALUE"),
    ("=1", 1, "expected NAME=VALUE"),
    ("A=1\n\nA=2", 3, "A stands twice; it is first in line 1"),
    ("A=1\nB='2\n\n", 2, "the ' before the value of B is not closed"),
    ('A="\\"', 1, 'the " before the value of A is not closed'),
    ("A='1' 2", 1, "something stands behind the closing ' of A"),
    ("A=${B}", 1, "the value of A holds $…, for which nothing is put in; single quotes keep"),
    ('A="x $B"', 1, "the value of A holds $…"),
    ("A=$(date)", 1, "the value of A holds $…"),
    ("B=1\nA=hunter22 # word", 2, "the value of A has a # behind a blank, which is a remark"),
    ("A= # a remark", 1, "the value of A has a # behind a blank"),
    (r'A="a\qb"', 1, "a backslash in the value of A escapes nothing that is known; in double"),
    ('B=1\nA="a\\\\\nb\n\\d"', 4, "a backslash in the value of A escapes nothing"),
    ('A="a\\\nb"', 1, "a backslash in the value of A escapes nothing"),
]


@pytest.mark.parametrize(("text", "line", "said"), REFUSED)
def test_what_is_no_variable_is_refused_with_its_line(text, line, said):
    with pytest.raises(EnvFileError) as error:
        values(text)

    assert error.value.line == line
    assert str(error.value).startswith(said)


@pytest.mark.parametrize("text", ["A=" + "x" * 10**6, "A='" + "\n" * 10**5 + "'", "\n" * 10**5])
def test_long_ones_are_read(text):
    assert len(values(text)) <= 1


def test_no_value_stands_in_a_complaint():
    for text in (
        "PASSWORD='hunter22",
        "PASSWORD=hunter22$X",
        "PASSWORD=hunter22 # hunter22",
        "PASSWORD='' hunter22",
        "hunter22",
        r'A="hunter22\h"',
    ):
        with pytest.raises(EnvFileError) as error:
            values(text)
        assert "hunter22" not in str(error.value)


@pytest.mark.parametrize("text", [text for text, *_ in REFUSED])
def test_it_is_said_in_chinese(text, set_to_chinese):
    with pytest.raises(EnvFileError) as error:
        values(text)

    assert_chinese(str(error.value))
