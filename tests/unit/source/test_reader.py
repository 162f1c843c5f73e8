"""Files and what they include: read once, counted as often, JSON as JSON."""

import builtins
import json

import pytest
from languages import is_chinese

from pytest_sisyphus.location import LocatedDict, LocatedList, LocatedStr, plain
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.json_reader import read_json
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.source.reader import Reader


@pytest.fixture
def read(tmp_path):
    def read(text, **files):
        for name, content in files.items():
            (tmp_path / name.replace("__", ".")).write_text(content, encoding="utf-8")
        (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
        return Reader(roots=(tmp_path,), base=tmp_path).documents(tmp_path / "case.yaml")

    return read


def complaints(read, text, **files):
    with pytest.raises(SpecError) as error:
        read(text, **files)
    return str(error.value).splitlines()


class TestSurrogates:
    @pytest.mark.parametrize(
        ("written", "value"),
        [
            (r'"\ud83d\ude00"', "😀"),
            (r'"a \uD83D\uDE00\ud83d\ude00 b"', "a 😀😀 b"),
            (r'"\\ud83d\\ude00"', r"\ud83d\ude00"),
            (r'"\\\ud83d\ude00"', "\\😀"),
            (r"'\ud83d\ude00'", r"\ud83d\ude00"),
            (r"\ud83d\ude00 and \ud83d\ude01", r"\ud83d\ude00 and \ud83d\ude01"),
            (r'"\U0001f600"', "😀"),
            ("|\n  \\ud83d\\ude00\n", "\\ud83d\\ude00\n"),
        ],
    )
    def test_a_pair_is_one_character_where_escapes_are_known(self, read, written, value):
        assert read(f"a: {written}\n") == [{"a": value}]

    def test_places_behind_it_stay(self, read):
        (document,) = read("a: [\"\\ud83d\\ude00\", '\\ud83d\\ude01', b]\nc: d\n")

        columns = [location.column for location in document["a"].locations]
        assert columns == [5, 21, 37]
        assert document.locations["c"].column == 4

    def test_half_a_pair_is_a_complaint(self, read):
        (said,) = complaints(read, 'a: "\\ud83d"\n')

        assert said.startswith("case.yaml:1:")


JSON = '{"a": [1, 2.50, "x\\ud83d\\ude00", {}, []],\n\t"b": {"c": null, "d": true}}'


class TestJson:
    def test_an_include_is_read_as_json(self, read):
        (document,) = read("part: !include part.json\n", part__json=JSON)

        assert plain(document["part"]) == {
            "a": [1, 2.5, "x😀", {}, []],
            "b": {"c": None, "d": True},
        }
        assert str(document["part"]["a"][1]) == "2.50"

    def test_every_value_has_its_place(self):
        made = read_json(JSON, "p.json", ValueBudget())

        assert [location.exact for location in made.locations.values()] == [
            "p.json:1:7",
            "p.json:2:7",
        ]
        assert [location.exact for location in made.key_locations.values()] == [
            "p.json:1:2",
            "p.json:2:2",
        ]
        assert [location.column for location in made["a"].locations] == [8, 11, 17, 34, 38]
        assert made["a"][2].location.column == 17
        assert made["b"].key_locations["d"].exact == "p.json:2:19"

    @pytest.mark.parametrize(
        "text", ["1", '"a"', "[]", "{}", "null", " [ [ ] , { } ] ", '{"": [[[1]]]}']
    )
    def test_it_is_what_json_says(self, text):
        assert plain(read_json(text, "p", ValueBudget())) == json.loads(text)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"a": 1,}', "part.json:1:"),
            ("{'a': 1}", "part.json:1:2: not JSON: line 1, column 2"),
            ('{"a": NaN}', "part.json:1:7: not JSON"),
            ('{"a": 1,\n "a": 2}', "part.json:2:2: not JSON: line 2, column 2, at '\"': the key \"a\" stands twice"),
            ("[" * 150 + "]" * 150, "part.json:1:102: nested deeper than 100 levels"),
            ("[" * 100_000, "part.json:1:1: nested too deeply"),
            ("", "part.json:1:1: not JSON"),
        ],
    )  # fmt: skip
    def test_what_is_no_json_is_a_complaint_in_that_file(self, read, text, said):
        (complaint,) = complaints(read, "part: !include part.json\n", part__json=text)

        assert complaint.startswith(said)


class TestIncludes:
    def test_a_file_is_read_once(self, read, monkeypatch):
        opened = []
        real = builtins.open

        def counted(path, *args, **kwargs):
            opened.append(str(path))
            return real(path, *args, **kwargs)

        files = {
            f"f{n}__yaml": f"[!include f{n + 1}.yaml, !include f{n + 1}.yaml]\n" for n in range(9)
        }
        monkeypatch.setattr("io.open", counted)
        (document,) = read("a: !include f0.yaml\n", f9__yaml="- 1\n", **files)

        assert (
            sum(path.endswith("f9.yaml") for path in opened) == 2
        )  # once by this test, to write it
        assert len(document["a"]) == 512

    def test_values_count_as_often_as_they_are_included(self, read):
        files = {
            f"f{n}__yaml": f"[!include f{n + 1}.yaml, [!include f{n + 1}.yaml]]\n"
            for n in range(40)
        }

        said = complaints(read, "a: !include f0.yaml\n", f40__yaml="- 1\n", **files)

        assert (
            "more than 1000000 values once its aliases are written out, with all includes"
            in said[0]
        )
        assert len(said) == 1

    def test_a_file_that_is_not_there_has_its_path_and_a_near_name(self, read):
        (said,) = complaints(read, "a: !include logn.yaml\n", login__yaml="- 1\n")

        assert "there is no file 'logn.yaml' (logn.yaml); did you mean 'login.yaml'?" in said

    def test_a_broken_file_is_complained_of_once(self, read):
        said = complaints(
            read, "[!include f.yaml, !include f.yaml, !include f.yaml]\n", f__yaml="a: [}\n"
        )

        assert len(said) == 1
        assert said[0].startswith("f.yaml:1:5: not YAML")


#: what YAML itself refuses, and what is refused of it here.
BROKEN = [
    "a: [}",
    "a: {b",
    "a: *x",
    "a: &x [*x]",
    "a: &x 1\nb: &x 2\nc: {",
    "a: !!foo x",
    "a: !foo [1]",
    "\ta: 1",
    "a: b: c",
    "a: @x",
    "a: %x",
    'a: "\\q"',
    "a: 'x",
    "- a\nb: 1",
    "a: 1\n b: 2",
    "a: 1\na: 2",
    "a: {{ x }}",
    "a: [${x}[0]]",
    "a：1\nb: 2",
    "? [1]\n: 2",
    "a: 1e999999",
    "<<: 5",
    "%YAML 3.0\n--- a",
    "a: \0",
    "a: |9x",
    "a: !include no.yaml",
    "a: !include no*.yaml",
    "a: !include ../../x.yaml",
    "a: !include case.yaml",
    "a: " + "[" * 200,
]


def test_each_mistake_is_said_in_chinese_as_well(read, set_to_chinese):
    said = [line for text in BROKEN for line in complaints(read, f"{text}\n")]

    assert [one for one in said if not is_chinese(one)] == []


def test_values_are_what_they_were(read):
    (document,) = read("a: {b: [c, 1]}\n")

    assert isinstance(document, LocatedDict)
    assert isinstance(document["a"]["b"], LocatedList)
    assert isinstance(document["a"]["b"][0], LocatedStr)
