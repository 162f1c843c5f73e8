"""`sisyphus-api-validate --format`, and what the pre-commit hook runs."""

import json
import urllib.parse
from pathlib import Path

import pytest
import yaml

from pytest_sisyphus.cli import commands
from pytest_sisyphus.cli.complaints import Complaint, as_github, as_gitlab, as_sarif

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.slow

GOOD = "name: a\nsteps: [{name: s, type: wait, seconds: 0}]\n"
WARNED = "name: a\nconfig: {debug: true}\nsteps: [{name: s, type: wait, seconds: 0}]\n"


@pytest.fixture
def validate(pytester, run):
    (pytester.path / "pytest.ini").write_text("[pytest]\n")

    def call(*args):
        ended = run(commands.validate, *args)
        return ended.code, ended.stdout, ended.stderr

    return call


@pytest.fixture
def folder(pytester):
    for name, text in {
        "cases/50%, gr\u00fc\u00df.yaml": "name: bad\nsteps: []\nstepz: 1\n",
        "cases/good.yaml": GOOD,
        "cases/warned.yaml": WARNED,
    }.items():
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return pytester.path


def test_github_annotates_the_line(validate, folder):
    code, out, err = validate("--format", "github", "cases")

    lines = out.splitlines()
    assert code == 1
    assert lines[0].startswith("::error file=cases/50%25%2C gr\u00fc\u00df.yaml,line=2,col=8::")
    assert lines[1].startswith(
        "::error file=cases/50%25%2C gr\u00fc\u00df.yaml,line=3,col=1::unknown key 'stepz'"
    )
    assert lines[2].startswith("::warning file=cases/warned.yaml,line=2,col=10::config.debug")
    assert len(lines) == 3
    assert err == "2 complaints\n"


def test_gitlab_has_each_with_its_own_fingerprint(validate, folder):
    code, out, _ = validate("--format", "gitlab", "cases")

    found = json.loads(out)
    assert code == 1
    assert [(one["severity"], one["location"]["lines"]["begin"]) for one in found] == [
        ("major", 2),
        ("major", 3),
        ("minor", 2),
    ]
    assert found[1]["location"]["path"] == "cases/50%, gr\u00fc\u00df.yaml"
    assert "unknown key 'stepz'" in found[1]["description"]
    assert all(one["check_name"] for one in found)
    assert len({one["fingerprint"] for one in found}) == 3


def test_sarif_has_what_the_standard_requires(validate, folder):
    code, out, _ = validate("--format", "sarif", "cases")

    log = json.loads(out)
    (run,) = log["runs"]
    assert code == 1
    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["name"] == "pytest-sisyphus"
    assert [one["level"] for one in run["results"]] == ["error", "error", "warning"]
    assert all(one["message"]["text"] for one in run["results"])
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {one["ruleId"] for one in run["results"]} == rules
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 3, "startColumn": 1}
    uri = place["artifactLocation"]["uri"]
    assert uri == "cases/50%25%2C%20gr%C3%BC%C3%9F.yaml"
    assert urllib.parse.unquote(uri) == "cases/50%, gr\u00fc\u00df.yaml"


@pytest.mark.parametrize(("wanted", "empty"), [("github", ""), ("gitlab", "[]\n")])
def test_nothing_to_complain_of(validate, folder, wanted, empty):
    assert validate("--format", wanted, "cases/good.yaml")[:2] == (0, empty)


@pytest.mark.parametrize("wanted", ["github", "gitlab", "sarif"])
def test_what_was_not_validated_does_not_look_clean(validate, folder, wanted):
    code, out, _ = validate("--format", wanted, "nowhere.yaml")

    assert code == 1
    assert "not validated: pytest ended with exit code 4" in out


def test_paths_are_those_of_the_working_directory(validate, folder, monkeypatch):
    """pytest's own are relative to the folder of its ini file."""
    monkeypatch.chdir(folder / "cases")

    _, out, _ = validate("--format", "gitlab", "warned.yaml")

    assert [one["location"]["path"] for one in json.loads(out)] == ["warned.yaml"]


class TestComplaint:
    def test_a_file_elsewhere_keeps_its_whole_path(self, tmp_path, monkeypatch):
        (tmp_path / "here").mkdir()
        monkeypatch.chdir(tmp_path / "here")

        complaint = Complaint.read("../a.yaml:3: oh: no", tmp_path / "here")

        assert (complaint.file, complaint.line) == (f"{tmp_path.as_posix()}/a.yaml", 3)
        assert (complaint.column, complaint.message) == (1, "oh: no")
        sarif = json.loads(as_sarif([complaint]))
        place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == (tmp_path / "a.yaml").as_uri()

    def test_one_without_a_place(self, tmp_path):
        complaint = Complaint.read("broken: 100%\nreally", tmp_path)

        assert as_github([complaint]) == "::error::broken: 100%25%0Areally\n"
        assert json.loads(as_gitlab([complaint]))[0]["location"]["path"] == "."
        assert "locations" not in json.loads(as_sarif([complaint]))["runs"][0]["results"][0]

    def test_a_fingerprint_outlives_lines_above(self, tmp_path):
        def fingerprints(*texts):
            found = as_gitlab([Complaint.read(text, tmp_path) for text in texts])
            return [one["fingerprint"] for one in json.loads(found)]

        before = fingerprints("a.yaml:3:1: bad", "a.yaml:9:1: bad", "b.yaml:3:1: bad")
        after = fingerprints("a.yaml:4:1: bad", "a.yaml:12:1: bad", "b.yaml:3:1: bad")
        assert before == after
        assert len(set(before)) == 3


class TestOnlyCases:
    @pytest.fixture
    def hook(self, validate):
        """What pre-commit runs with the names of changed YAML files."""
        (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
        name, *args = hook["entry"].split()
        assert (name, hook["types"]) == ("sisyphus-api-validate", ["yaml"])
        return lambda *files: validate(*args, *files)

    @pytest.fixture(autouse=True)
    def others(self, folder):
        (folder / "compose.yaml").write_text("services: {web: {image: nginx}}\n")
        (folder / "near.yaml").write_text("name: a\nstep:\n  - {name: s, url: /}\n")
        (folder / "other").mkdir()
        (folder / "other" / "sisyphus.yaml").write_text("headder: {}\n")

    def test_other_yaml_is_left_alone(self, hook):
        assert hook("compose.yaml", "cases/good.yaml")[:2] == (0, "")
        assert hook("compose.yaml") == (0, "", "no case found among the files\n")

    def test_mistakes_in_what_is_named_are_said(self, hook):
        code, out, _ = hook("compose.yaml", "near.yaml", "other/sisyphus.yaml", "cases/good.yaml")

        said = [line.partition(":")[0] for line in out.splitlines()]
        assert code == 1
        assert set(said) == {"near.yaml", "other/sisyphus.yaml"}

    def test_a_file_that_is_not_there_is_said(self, hook):
        assert hook("nowhere.yaml")[0] == 1
