"""What holds for every path and every document: an answer or a complaint, soon, and no code run."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.extract.jsonpath.path import BUDGET, compile_path
from pytest_sisyphus.extract.select import select

pytestmark = pytest.mark.slow

WORDS = (
    "a b id 0 1 -1 99999999999999999999 true null and or not length() length 名 $. .. [? [?@ ?( && "
    "|| == != =~ @.a '] [' ['a'] [0] [*] [-1] [::2] [:] (a+)+$ __class__ match(@.a,'b') count(@.*) "
    "__import__('os').system('x') \\u0041 ${a} {{a}}"
)
SIGNS = "$.@[]()?*,:;=!<>&|~'\"`/\\ \n-+^{}"
TOKENS = st.sampled_from([*SIGNS, *WORDS.split()])
PATHS = st.lists(TOKENS, max_size=14).map("".join) | st.text(max_size=30)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "id", "名", "length", "*"]) | st.text(), inner)
    ),
    max_leaves=15,
)


@settings(deadline=None)
@given(PATHS, JSON)
@example("$" + "[?@.a" * 40, {})
@example("$" + "..[*]" * 200, {"a": [[1]]})
@example("$[?" + "!" * 500 + "@.a]", [1])
@example("$['" + "\\" * 99 + "']", {})
def test_a_path_finds_or_complains(path, data):
    before = json.dumps(data)
    try:
        compiled = compile_path(path)
        found = compiled.find(data)
    except ConfigError:
        return

    assert json.dumps(data) == before
    assert compiled.indefinite or len(found) <= 1
    if not found:
        assert compiled.explain_no_match(data).startswith(f"no match for {compiled.text}")


@settings(deadline=None)
@given(PATHS, JSON, st.sampled_from([None, "body", "response", "headers", "cookies", "text"]))
def test_a_selection_has_matches_or_a_reason(path, body, source):
    subject = StepData(
        document={"status_code": 200, "headers": {"A": "b"}, "cookies": {}, "body": body},
        body=body,
        text=json.dumps(body),
    )
    try:
        selection = select(subject, path, source)
    except ConfigError:
        return

    assert bool(selection.matches) is not bool(selection.no_match)


def _everything_below(data):
    yield data
    for inner in (
        data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    ):
        yield from _everything_below(inner)


def _quoted(name):
    return json.dumps(name)


@settings(deadline=None)
@given(JSON, st.data())
def test_every_value_is_found_by_the_path_that_leads_to_it(data, draw):
    path, value = "$", data
    while isinstance(value, dict | list) and value:
        if isinstance(value, dict):
            key = draw.draw(st.sampled_from(sorted(value)))
            path, value = f"{path}[{_quoted(key)}]", value[key]
        else:
            index = draw.draw(st.integers(-len(value), len(value) - 1))
            path, value = f"{path}[{index}]", value[index]

    (found,) = compile_path(path).find(data)
    assert found is value


STEPS = st.sampled_from(["a", "b", "id", "名", "length", "*", 0, 1, -1, 7])


def _written(step):
    return f"[{step}]" if isinstance(step, int) else f"[{_quoted(step)}]"


@settings(deadline=None)
@given(JSON, st.lists(STEPS, max_size=5))
def test_the_straight_way_finds_what_the_walk_finds(data, steps):
    path = compile_path("$" + "".join(map(_written, steps)))
    walked = [data]
    for _, found in path._walk(data, BUDGET):
        walked = found

    assert list(map(id, path.find(data))) == list(map(id, walked))


def test_the_straight_way_has_the_budget_of_the_walk():
    path, data = compile_path("$.a.b"), {"a": {"b": 1}}

    assert path.find(data, budget=4) == [1]
    with pytest.raises(ConfigError, match="more than 3 values"):
        path.find(data, budget=3)


@settings(deadline=None)
@given(JSON)
def test_below_everything_is_everything(data):
    found = compile_path("$..*").find(data)
    below = list(_everything_below(data))[1:]

    assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, below))


@settings(deadline=None)
@given(
    st.lists(st.integers(-9, 9), max_size=12),
    *[st.none() | st.integers(-15, 15)] * 2,
    st.integers(-4, 4),
)
def test_slices_are_pythons(data, start, stop, step):
    if step == 0:
        return
    path = f"$[{'' if start is None else start}:{'' if stop is None else stop}:{step}]"

    assert compile_path(path).find(data) == data[start:stop:step]


@settings(deadline=None)
@given(st.lists(JSON, max_size=6), JSON.filter(lambda v: not isinstance(v, dict | list)))
def test_a_filter_of_equality_chooses_json_equals(items, wanted):
    literal = json.dumps(wanted)
    if len(literal) > 200:
        return

    found = compile_path(f"$[?@ == {literal}]").find(items)

    same = [
        one for one in items if isinstance(one, bool) == isinstance(wanted, bool) and one == wanted
    ]
    assert found == same
