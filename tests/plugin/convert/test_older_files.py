"""The files in `older/` say themselves what they send, and what is said of them.

Nothing of them is dropped silently: each leaf has an effect, or is told of.
"""

import copy
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_sisyphus import run_cases
from pytest_sisyphus.cli.convert import convert
from pytest_sisyphus.convert.draft import Fate
from pytest_sisyphus.convert.older_engine import drafts_of
from pytest_sisyphus.convert.writer import write
from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.source.limits import ValueBudget
from pytest_sisyphus.source.yaml_reader import read_documents

OLDER = Path(__file__).parent / "older"
DOCUMENTS = {
    f"{path.parent.name}/{path.stem}-{number}": (path, document)
    for path in sorted(OLDER.rglob("*.yaml"))
    for number, document in enumerate(
        yaml.safe_load_all(path.read_text("utf-8").replace("HOST", "http://x.test"))
    )
}


def made(document, path):
    (draft,) = drafts_of(json.dumps(document, ensure_ascii=False, default=str), path, "old.yaml")
    return draft


def outcome(document, path):
    """What is written, without its comments, and what is said."""
    try:
        draft = made(document, path)
    except SisyphusError as error:
        return str(error), [("", str(error), "")]
    text = re.sub(r"^ *#.*\n", "", write(draft), flags=re.MULTILINE)
    return text, [(note.path, note.reason, note.value) for note in draft.account.notes]


def leaves(value, keys=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in inner:
        if isinstance(child, dict | list) and child:
            yield from leaves(child, (*keys, key))
        else:
            yield (*keys, key)


def mappings(value, keys=()):
    if isinstance(value, dict):
        yield keys
    for key, child in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(child, dict | list):
            yield from mappings(child, (*keys, key))


def at(document, keys):
    for key in keys:
        document = document[key]
    return document


def without(document, keys):
    changed = copy.deepcopy(document)
    del at(changed, keys[:-1])[keys[-1]]
    return changed


def changed_to(document, keys, value):
    changed = copy.deepcopy(document)
    at(changed, keys[:-1])[keys[-1]] = value
    return changed


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_leaf_has_an_effect_or_is_told_of(name):
    path, document = DOCUMENTS[name]
    account = made(document, path).account
    expected = outcome(document, path)
    told = [note.path for note in account.notes]

    silent = []
    for keys, (place, shown) in zip(leaves(document), account.paths.items(), strict=True):
        if account.fates[place] is not Fate.USED:
            assert any(re.match(re.escape(one) + r"(?![\w])", shown) for one in told), shown
        # what says only the default can be left out, but is not ignored
        elif expected == outcome(without(document, keys), path) and expected == outcome(
            changed_to(document, keys, "zzz"), path
        ):
            silent.append(shown)
    assert silent == []
    assert sum(map(account.count, Fate)) == len(account.paths) == len(list(leaves(document)))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_unknown_key_is_told_of_or_kept(name):
    path, document = DOCUMENTS[name]

    for keys in mappings(document):
        text, notes = outcome(changed_to(document, (*keys, "zzz"), 1), path)
        assert ("zzz: 1" in text) != any("zzz" in " ".join(note) for note in notes), keys


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_value_of_another_type_is_told_of_or_kept(name):
    path, document = DOCUMENTS[name]
    before = outcome(document, path)

    for keys in leaves(document):
        assert outcome(changed_to(document, keys, ["zzz"]), path) != before, keys


FILES = sorted(path.relative_to(OLDER).as_posix() for path in OLDER.rglob("*.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_a_file_does_what_it_did_or_it_is_said(name, tmp_path, recorder, capsys):
    shutil.copytree((OLDER / name).parent, tmp_path, dirs_exist_ok=True)
    old, new = tmp_path / Path(name).name, tmp_path / "new.yaml"
    text = old.read_text("utf-8")
    old.write_text(text.replace("HOST", recorder.url), encoding="utf-8")

    convert(["engine", str(old), "-o", str(new)])

    said = capsys.readouterr().err
    expected = re.findall("^# says: (.*)", text, re.MULTILINE)
    assert [one for one in expected if one not in said] == [], said
    told = len(re.findall("NOT CONVERTED: |changed: ", said))
    assert told == sum(not one.startswith("left out") for one in expected), said
    if "# runs: no" in text:
        return
    before = len(recorder.requests)
    reports = run_cases(new, root=tmp_path)
    asked = [
        f"{one['method']} {one['target']} {one['body']}".strip()
        for one in recorder.requests[before:]
    ]
    sends = re.findall("^# sends: (.*)", text, re.MULTILINE)
    assert len(asked) == len(sends), asked
    same = (
        a.startswith(s[:-1]) if s.endswith("*") else a == s
        for s, a in zip(sends, asked, strict=True)
    )
    assert all(same), asked
    assert {str(one.status) for one in reports} == {"passed"}, new.read_text("utf-8")


PIECES = [
    "${",
    "}",
    "{{",
    "{%",
    "!include x",
    "yes",
    "010",
    ": ",
    "\t",
    "\n",
    "😀",
    "：",
    "a",
    '"',
    "\\",
]


def again(document):
    """What is read of what is written."""
    text = write(made(document, Path("old.yaml")))
    (read,) = read_documents(text, "new", lambda name, _: pytest.fail(name), ValueBudget())
    return read


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=5).map("".join))
def test_texts_stay_texts(text):
    request = {"url": "/a", "json": {"v": [text]}, "validate": []}
    request["validate"] = [
        {"expression": "$.a", "expected": text, "message": text},
        {"target": "env_variable", "expression": "n", "expected": text},
    ]
    step = {"name": "s", "keyword_type": "request", "request": request}
    variables = {"n": text}
    read = again({"config": {"name": "c", "variables": variables}, "teststeps": [step]})

    # `$${` is how a case writes `${`
    assert read["config"]["variables"] == {"n": text.replace("${", "$${")}
    assert read["steps"][0]["json"] == {"v": [text.replace("${", "$${")]}
    check, *others = read["steps"][0]["validations"]
    assert check["expect"] == check["description"] == text.replace("${", "$${")
    # a text inside a template is a literal of it, or it is said
    assert not any("{" in text or "}" in text for _ in others)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES[1:]), max_size=5).map("".join))
def test_texts_of_the_first_dialect_stay_texts(text):
    step = {"name": "s", "url": "/a", "json": {"v": [text]}, "description": text}
    read = again({"name": "c", "config": {"variables": {"n": text}}, "steps": [step]})

    variables = read["config"]["variables"]
    # `{{…}}` in a variable is refused: it might have been meant as a template
    assert variables == {"n": text} or ("{{" in text and "unconverted" in read["tags"])
    assert read["steps"][0]["json"] == {"v": [text]}


@pytest.mark.parametrize("name", ["steps/unknown.yaml", "teststeps/database.yaml"])
def test_a_file_cut_short_is_converted_or_refused_with_its_place(name):
    text = (OLDER / name).read_text("utf-8")
    refusals = []

    for end in range(0, len(text), 9):
        try:
            drafts_of(text[:end], OLDER / name, "old.yaml")
        except SisyphusError as error:
            refusals += str(error).splitlines()
    assert [one for one in refusals if not re.match(r"old\.yaml:\d+:\d+: \S", one)] == []


GOOD = "name: c\nsteps:\n- {name: a, url: http://x.test}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "bad.yaml:1:1: the file is empty"),
        (GOOD.encode("utf-16"), "bad.yaml:1:1: not UTF-8"),
        (b"name: c\nsteps: [\xff]\n", "bad.yaml:2"),
        (b"name: c\n\tsteps: []\n", "bad.yaml:2"),
        (b"name: c\nsteps:\n- {name: a\x00}\n", "bad.yaml:3"),
        (b"\x89PNG\r\n\x1a\n", "bad.yaml:1"),
        (b'{"info": {"schema": "https://x.test/v2"}, "item": []}', "no file of the older engine"),
        (b"- hosts: all\n  tasks: []\n", "this is no file of the older engine"),
        (b"just words\n", "this is no file of the older engine"),
        (b"config: {name: c}\nteststeps: 5\n", "bad.yaml:"),
        (b"name: c\nsteps: {a: 1}\n", "bad.yaml:"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_line_and_nothing_is_written(
    tmp_path, capsys, content, said
):
    (tmp_path / "bad.yaml").write_bytes(content)
    (tmp_path / "good.yaml").write_text(GOOD)
    paths = [str(tmp_path / name) for name in ("good.yaml", "bad.yaml")]

    code = convert(["engine", *paths, "-o", f"{tmp_path}/new/", "--report", f"{tmp_path}/report"])

    lines = capsys.readouterr().err.splitlines()
    assert code == 4
    assert said in lines[0], lines
    assert "bad.yaml:" in lines[0], lines
    assert lines[1:] == ["nothing was written"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bad.yaml", "good.yaml"]


def test_a_byte_order_mark_is_no_text(converted):
    ended = converted(f"\ufeff{GOOD}")

    assert (ended.code, ended.text) == (0, "name: c\nsteps:\n  - name: a\n    url: http://x.test\n")
