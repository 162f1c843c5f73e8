"""What was found right once is not read again to be collected: pytest's cache says so."""

import json
from pathlib import Path

import pytest

from pytest_sisyphus.nodes import case_source, fingerprint
from pytest_sisyphus.nodes.cache import _NAME
from pytest_sisyphus.nodes.fingerprint import digest

ARGS = ("-p", "pytest_sisyphus.plugin", "-Wdefault")
STEP = "steps: [{name: s, type: wait, seconds: 0}]\n"
CASE = f"name: a\ntags: [smoke]\n{STEP}---\nname: b\ncase_id: 7\n{STEP}"


@pytest.fixture
def read(monkeypatch):
    """The names of the files that are read to be collected."""
    names = []
    original = case_source.read_cases

    def read_cases(path, *args):
        names.append(path.name)
        return original(path, *args)

    monkeypatch.setattr(case_source, "read_cases", read_cases)
    monkeypatch.setattr(case_source, "_CAPACITY", 0)
    return names


@pytest.fixture
def run(pytester, monkeypatch, read):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("SISYPHUS_UNCHECKED", "ignore")

    def run(*args, **files):
        for name, text in files.items():
            Path(name.replace("__", ".")).write_text(text)
        read.clear()
        return pytester.runpytest_inprocess(*ARGS, *args)

    return run


def cache_file():
    (file,) = Path(".pytest_cache/d", _NAME).iterdir()
    return file


def written(lines):
    return digest(lines).encode() + b"\n" + lines


class TestKnown:
    def test_it_is_not_read_to_be_collected(self, run, read):
        first = run("-v", case__yaml=CASE, other__yaml=f"name: c\n{STEP}")
        assert sorted(read) == ["case.yaml", "other.yaml"]
        again = run("-v")

        assert read == []
        first.assert_outcomes(passed=3)
        again.assert_outcomes(passed=3)
        assert [one for one in first.outlines if "::" in one] == [
            one for one in again.outlines if "::" in one
        ]

    def test_all_that_collecting_needs_is_known(self, run, read):
        text = f"""
name: chosen
description: a remark
case_key: k
tags: [smoke, 'a b']
marks: [slow, {{timeout: [5]}}, {{skipif: ['x == 1', {{reason: of the rows}}]}}, {{xfail: 'x == 2'}}]
usefixtures: [tmp_path]
config: {{variables: {{x: 1}}, profiles: {{p: {{}}}}, mask: [pin]}}
{STEP}---
name: off
enabled: false
{STEP}"""
        ini = "[pytest]\nmarkers =\n  slow: x\n  timeout(s): y\n"
        first = run("-v", "-rs", case__yaml=text, pytest__ini=ini)
        again = run("-v", "-rs")

        assert read == []
        first.assert_outcomes(skipped=2)
        again.assert_outcomes(skipped=2)
        again.stdout.fnmatch_lines(["*of the rows*"])
        run("-m", "smoke and slow").assert_outcomes(skipped=1, deselected=1)
        run("-k", "off").assert_outcomes(skipped=1, deselected=1)
        assert read == []

    def test_a_column_that_is_new_is_warned_of(self, run, read):
        source = "config: {data_source: {type: csv, file_path: rows.csv}}\n"
        text = f"name: a\n{source}steps: [{{name: s, type: request, url: http://a.test/$who}}]\n"
        args = ("--collect-only",)
        first = run(*args, case__yaml=text, rows__csv="n\n1\n")
        second = run(*args, rows__csv="n,who\n1,ann\n")
        read_for_second = [*read]
        third = run(*args)

        assert (read_for_second, read) == (["case.yaml"], [])
        said = "*'$who' is sent as it is; the variable is written ${who}*"
        first.stdout.no_fnmatch_line(said)
        second.stdout.fnmatch_lines([said])
        third.stdout.fnmatch_lines([said])

    def test_warnings_come_again(self, run, read):
        text = f"name: a\ncase_id: 1\nx: 1\n{STEP}---\nname: b\ncase_id: 1\n{STEP}"
        for _ in range(2):
            result = run("-o", "sisyphus_unknown_keys=warn", case__yaml=text)
            result.stdout.fnmatch_lines(["*case.yaml:3:1: unknown key 'x' is ignored*"])
            result.stdout.fnmatch_lines(["*SharedIdentity: case.yaml:6: case_id 1*"])
        assert read == []

    def test_rows_are_read_each_time(self, run, read):
        text = f"name: a\nconfig: {{data_source: {{type: csv, file_path: r.csv}}}}\n{STEP}"
        run(case__yaml=text, r__csv="id\nx\n").assert_outcomes(passed=1)
        run(r__csv="id\nx\ny\n").assert_outcomes(passed=2)

        assert read == []

    def test_a_small_suite_is_read_anyway(self, run, read, monkeypatch):
        monkeypatch.setattr(case_source, "_CAPACITY", 1000)
        run(case__yaml=CASE)
        run()

        assert read == ["case.yaml"]
        assert list(Path(".pytest_cache/d", _NAME).iterdir()) == []

    def test_workers_share_it(self, run, read):
        run("-p", "xdist", "-n2", case__yaml=CASE).assert_outcomes(passed=2)
        run("-p", "xdist", "-n2").assert_outcomes(passed=2)


CHECK = """
from pytest_sisyphus.extensions.types import CheckType

def _judge(selection, expected, *, strict):
    return None

def pytest_sisyphus_checks():
    return [CheckType(name="odd", description="x", check=_judge)]
"""


class TestReadAgain:
    """Whatever the reading hangs on."""

    @pytest.fixture(autouse=True)
    def suite(self, run):
        run(
            case__yaml=(
                "name: a\ntags: [smoke]\nsteps:\n- !include part.yml\n- !include more_*.yml\n"
            ),
            part__yml="{name: s, type: wait, seconds: 0}",
            more_1__yml="{name: t, type: wait, seconds: 0}",
            conftest__py=CHECK,
        ).assert_outcomes(passed=1)
        run()

    def changed(self, run, read, *args, **files):
        assert read == []
        run(*args, **files)
        return read == ["case.yaml"]

    def test_its_text(self, run, read):
        assert self.changed(run, read, case__yaml=CASE)

    def test_what_it_includes(self, run, read):
        assert self.changed(run, read, part__yml="{name: u, type: wait, seconds: 0}")

    def test_which_files_it_includes(self, run, read):
        assert self.changed(run, read, more_2__yml="{name: v, type: wait, seconds: 0}")

    def test_a_file_that_is_gone(self, run, read):
        assert read == []
        Path("part.yml").unlink()
        run().assert_outcomes(errors=1)

    @pytest.mark.parametrize(
        "args",
        [
            ("--sisyphus-var", "x=1"),
            ("-o", "sisyphus_unknown_keys=warn"),
            ("--sisyphus-lang", "zh"),
            ("--strict-markers",),
            ("-o", "sisyphus_include_roots=. .."),
        ],
    )
    def test_options(self, run, read, args):
        assert self.changed(run, read, *args)

    def test_an_extension(self, run, read):
        assert self.changed(run, read, conftest__py=CHECK + "# changed\n")

    def test_an_extension_more(self, run, read):
        assert self.changed(run, read, conftest__py=CHECK.replace('"odd"', '"even"'))

    def test_an_extension_with_a_partial(self, run, read):
        check = CHECK.replace("check=_judge", "check=functools.partial(_judge)")
        partial = f"import functools\n{check}"
        run(conftest__py=partial)
        run()

        assert self.changed(run, read, conftest__py=partial + "# changed\n")

    def test_a_mark_that_takes_arguments_now(self, run, read):
        assert self.changed(run, read, pytest__ini="[pytest]\nmarkers = smoke(a): x\n")

    def test_our_own_code(self, run, read, monkeypatch):
        monkeypatch.setattr(fingerprint, "_our_code", lambda: ["another"])
        assert self.changed(run, read)

    def test_when_it_was_cleared(self, run, read):
        assert self.changed(run, read, "--cache-clear")


class TestProjectFiles:
    """What a `sisyphus.yaml` says is part of the cases below it, and of no others."""

    @pytest.fixture(autouse=True)
    def suite(self, run, read):
        for folder in ("a", "a/b", "c"):
            Path(folder).mkdir()
            Path(folder, f"{folder[-1]}.yaml").write_text(CASE)
        Path("a/sisyphus.yaml").write_text("variables: !include vars.yml\n")
        Path("a/vars.yml").write_text("{v: 1}")
        run()
        run()
        assert read == []

    @pytest.mark.parametrize(
        ("path", "text", "files"),
        [
            ("a/sisyphus.yaml", "variables: {v: 2}\n", ["a.yaml", "b.yaml"]),
            ("a/vars.yml", "{v: 2}", ["a.yaml", "b.yaml"]),
            ("a/b/sisyphus.yaml", "variables: {v: 2}\n", ["b.yaml"]),
            ("sisyphus.yaml", "", ["a.yaml", "b.yaml", "c.yaml"]),
            ("a/sisyphus.yaml", None, ["a.yaml", "b.yaml"]),
        ],
        ids=["edited", "included", "between", "above", "deleted"],
    )
    def test_a_change_is_one_for_the_cases_below_it(self, run, read, path, text, files):
        if text is None:
            Path(path).unlink()
        else:
            Path(path).write_text(text)
        run().assert_outcomes(passed=6)
        assert sorted(read) == files
        run().assert_outcomes(passed=6)
        assert read == []

    def test_a_wrong_one_is_seen_and_a_right_one_again(self, run, read):
        Path("a/sisyphus.yaml").write_text("[]")
        run().assert_outcomes(errors=2)
        Path("a/sisyphus.yaml").write_text("variables: !include vars.yml\n")
        run().assert_outcomes(passed=6)


def test_files_that_it_asks_for(run, read):
    text = (
        "name: a\nsteps:\n- {name: s, type: wait, seconds: 0}\n"
        "- {name: r, url: 'http://127.0.0.1:1', skip_if: 'true', "
        "validations: [{schema: s.json}]}\n"
    )
    run(case__yaml=text, s__json='{"type": "object"}').assert_outcomes(passed=1)
    run()
    assert read == []
    run(s__json='{"type": 5}').assert_outcomes(errors=1)
    assert read == ["case.yaml"]


def test_a_file_with_complaints_is_read_each_time(run, read):
    for _ in range(2):
        run(case__yaml=f"name: a\nx: 1\n{STEP}").stdout.fnmatch_lines(["*case.yaml:2:1: unknown*"])
        assert read == ["case.yaml"]


class TestWorthNothing:
    """Then it is as if it were not there."""

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda content: b"",
            lambda content: content[: len(content) // 2],
            lambda content: content + b"x",
            lambda content: b"\xff\xfe\x00" * 99,
            lambda content: b"[]",
            lambda content: written(b"\n\n"),
            lambda content: written(b'["case.yaml", 5]'),
            lambda content: written(b'["case.yaml", {"identity": []}]'),
            lambda content: written(b'[["case.yaml"], {}]'),
            lambda content: written(b"[" * 99999),
            lambda content: written(content.partition(b"\n")[2].replace(b'"cases"', b'"tails"')),
            lambda content: written(content.partition(b"\n")[2].replace(b'"smoke"', b"5")),
        ],
    )
    def test_what_is_in_it(self, run, read, spoil):
        run(case__yaml=CASE)
        cache_file().write_bytes(spoil(cache_file().read_bytes()))
        result = run()

        result.assert_outcomes(passed=2)
        assert read == ["case.yaml"]
        assert "cache" not in result.stdout.str()
        run()
        assert read == []

    def test_its_place(self, run, read):
        Path(".pytest_cache/d").mkdir(parents=True)
        Path(".pytest_cache/d", _NAME).write_text("")
        for _ in range(2):
            result = run(case__yaml=CASE)
            result.assert_outcomes(passed=2)
            assert read == ["case.yaml"]

    def test_a_folder_in_place_of_the_file(self, run, read):
        run(case__yaml=CASE)
        file = cache_file()
        file.unlink()
        file.mkdir()
        run().assert_outcomes(passed=2)
        assert read == ["case.yaml"]
        assert [*file.parent.iterdir()] == [file]

    def test_without_pytests_cache(self, run, read):
        for _ in range(2):
            run("-p", "no:cacheprovider", case__yaml=CASE).assert_outcomes(passed=2)
            assert read == ["case.yaml"]
        assert not Path(".pytest_cache").exists()


def test_a_forged_head_is_no_pass(run):
    run(case__yaml=CASE)
    name, entry = json.loads(cache_file().read_bytes().partition(b"\n")[2])
    entry["cases"][0][1][0] = "another"
    cache_file().write_bytes(written(json.dumps([name, entry]).encode()))
    result = run("-v")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*case.yaml:1: this is another case than was collected*"])


def test_files_that_are_gone_are_forgotten(run):
    run(case__yaml=CASE, other__yaml=f"name: c\n{STEP}")
    Path("other.yaml").unlink()
    run("case.yaml")
    assert b"other.yaml" in cache_file().read_bytes()
    run(case__yaml=CASE + "# changed\n")

    assert b"other.yaml" not in cache_file().read_bytes()
    assert b"case.yaml" in cache_file().read_bytes()


class TestCalledCases:
    """`type: case`: what the called file says belongs to whoever calls it."""

    CALL = "name: a\nsteps: [{name: s, type: case, file: part.yaml}]\n"
    ARGS = ("case.yaml", "other.yaml")

    def test_a_called_file_that_changes(self, run, read):
        files = {"case__yaml": self.CALL, "other__yaml": self.CALL}
        run(*self.ARGS, part__yaml=f"name: p\n{STEP}", **files).assert_outcomes(passed=2)
        run(*self.ARGS).assert_outcomes(passed=2)
        assert read == []

        result = run(*self.ARGS, part__yaml="name: p\nsteps: [{name: s, type: wait, secnds: 0}]\n")

        assert sorted(read) == ["case.yaml", "other.yaml"]
        result.assert_outcomes(errors=2)
        result.stdout.fnmatch_lines(
            ["*case.yaml:2:37: the called case 'p' is not right: part.yaml:2:31: unknown key*"]
        )

    def test_what_a_called_file_includes(self, run, read):
        files = {"case__yaml": self.CALL, "other__yaml": self.CALL}
        files["part__yaml"] = "name: p\nsteps: !include steps.yaml\n"
        run(*self.ARGS, steps__yaml=STEP[len("steps: ") :], **files).assert_outcomes(passed=2)
        run(*self.ARGS).assert_outcomes(passed=2)
        assert read == []

        run(*self.ARGS, steps__yaml="[]").assert_outcomes(errors=2)

    def test_project_configuration_that_holds_for_a_called_file(self, run, read):
        Path("parts").mkdir()
        Path("parts/part.yaml").write_text(f"name: p\n{STEP}")
        files = {"case__yaml": self.CALL.replace("part.", "parts/part."), "other__yaml": CASE}
        run(*self.ARGS, **files)
        run(*self.ARGS)
        assert read == []

        project = Path("parts/sisyphus.yaml")
        project.write_text("timeuot: 5\n")  # where there was none
        result = run(*self.ARGS)
        assert read == ["case.yaml"]
        result.stdout.fnmatch_lines(["*case.yaml:2:*: unknown key 'timeuot'*"])
        project.write_text("timeout: 5\n")
        run(*self.ARGS)
        assert read == ["case.yaml"]
        project.unlink()
        run(*self.ARGS)
        assert read == ["case.yaml"]
        run(*self.ARGS)
        assert read == []

    def test_a_file_that_a_called_case_names(self, run, read):
        files = {"case__yaml": self.CALL, "other__yaml": self.CALL}
        files["part__yaml"] = (
            "name: p\nsteps: [{name: s, type: wait, seconds: 0, "
            "validations: [{schema: [$, shape.json]}]}]\n"
        )
        run(*self.ARGS, shape__json='{"type": "object"}', **files).assert_outcomes(passed=2)
        run(*self.ARGS).assert_outcomes(passed=2)
        assert read == []

        run(*self.ARGS, shape__json='{"tpe": 1}').assert_outcomes(errors=2)
