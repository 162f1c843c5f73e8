"""Settings of an editor: members are put in, and all else stays."""

import json

import pytest

from pytest_sisyphus.cli.jsonc import JsonError, with_added

WANTED = {"a": {"x": [1], "y": [2]}, "b": ["one"], "c": True}

COMMENTED = """\
{ // mine
    // above
    "editor.tabSize": 4, // four, no "b": []
    "a": {"x": "kept"}, /* "c": 1 */
    "b": [
        "zero", // first
    ],
}
"""


def test_an_empty_file_becomes_one():
    assert json.loads(with_added("", WANTED)) == WANTED


def test_comments_order_and_layout_stay():
    assert (
        with_added(COMMENTED, WANTED)
        == """\
{ // mine
    "c": true,
    // above
    "editor.tabSize": 4, // four, no "b": []
    "a": {
        "y": [
            2
        ],
        "x": "kept"}, /* "c": 1 */
    "b": [
        "one",
        "zero", // first
    ],
}
"""
    )


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{ }\n",
        "{\n}\n",
        '{"b":["one"]}',
        '{\n\t"a": {},\n\t"b": []\n}\n',
        '{"a": {}, "b": [], "c": false, "d": "{ // no comment"}',
        "// only a comment",
        "/* {} */ {\n  // nothing yet\n}\n",
    ],
)
def test_what_was_there_stays_and_a_second_time_changes_nothing(text):
    once = with_added(text, WANTED)

    assert with_added(once, WANTED) == once
    for line in text.splitlines():
        if line.strip().startswith("//"):
            assert line in once
    if not text.startswith("/"):
        before, after = json.loads(text.replace("// nothing yet", "")), json.loads(once)
        assert {**WANTED, **{key: after[key] for key in before}} == after
        assert after.get("d") == before.get("d")
        assert after["c"] is before.get("c", True)


def test_line_ends_and_byte_order_marks_stay():
    made = with_added('\ufeff{\r\n  "d": 1\r\n}\r\n', {"c": True})

    assert made == '\ufeff{\r\n  "c": true,\r\n  "d": 1\r\n}\r\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"d": }', "line 1, column 7: unexpected '}'"),
        ('{\n  "d": 1\n  "e": 2\n}', "line 3, column 3: unexpected '\"'"),
        ('{"d": 1', "line 1, column 8: unexpected its end"),
        ('{"d": nothing}', "line 1, column 7: unexpected 'n'"),
        ("{} {}", "line 1, column 4: unexpected '{'"),
        ("[]", "it holds no object"),
        ('{"a": []}', "'a' is not an object"),
        ('{"b": {}}', "'b' is not a list"),
    ],
)
def test_what_cannot_be_merged_is_refused(text, said):
    with pytest.raises(JsonError) as raised:
        with_added(text, WANTED)
    assert str(raised.value) == said
