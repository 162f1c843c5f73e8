"""Whatever a source says is read again as what it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sisyphus.convert.draft import Account, Draft
from pytest_sisyphus.convert.writer import write
from pytest_sisyphus.location import LocatedDict, Location
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.source.yaml_reader import read_documents

AT = Location("f", 1)
ODD = [
    "${",
    "{{",
    "!include x",
    "yes",
    "010",
    ": ",
    "a: b",
    "a #b",
    "#",
    "\t",
    "\0",
    "😀",
    "：",
    "",
    " ",
    "a\n",
    "a\n\n",
    "\na",
    " a\nb",
    "a\n b\n",
    "a:",
    "-",
    "- a",
    "1",
    "~",
    "&a",
    "*a",
    "<<",
    "12:30",
    "a\r\nb",
    "\ufeff",
    "\x85",
    "n",
    "http://x/#y",
]


def again(value):
    case = LocatedDict.of({"v": value}, AT)
    text = write(Draft(case=case, account=Account(case, AT), comments=[]))
    (read,) = read_documents(text, "f", lambda name, _: pytest.fail(name), ValueBudget())
    return read["v"]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts(text):
    assert again(text) == text
    assert again({text: text}) == {text: text}
    assert again([text, [text], {"a": text}]) == [text, [text], {"a": text}]


@given(
    st.recursive(
        st.text(st.characters(codec="utf-8")) | st.booleans() | st.none() | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=3), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_any_value(value):
    assert again(value) == value
