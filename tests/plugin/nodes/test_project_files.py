"""`sisyphus.yaml` in runs of pytest: which cases it holds for, and what a wrong one keeps from
running."""

from pathlib import Path

import pytest

SAYS_WHO = """
name: {name}
steps:
- {{name: s, type: poll, until: "true", request: {{url: /x}}, extractors: {{who: $.who}}}}
"""
WHO = """
base_url: http://x.test
mock: {{rules: [{{request: {{url: .*}}, response: {{body: {{who: "${{who}}"}}}}}}]}}
variables: {{who: {who}}}
"""


@pytest.fixture
def suite(pytester):
    """`sisyphus.yaml` of the root and of `api`, and three cases."""

    def write(path, text):
        file = pytester.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    write("pytest.ini", "[pytest]\n")
    write("sisyphus.yaml", WHO.format(who="root"))
    write("api/sisyphus.yaml", "variables: {who: api}\n")
    for folder in ("", "api/", "api/deep/"):
        name = folder.replace("/", "") or "top"
        write(f"{folder}{name}.yaml", SAYS_WHO.format(name=name))
    return write


def said(run):
    return {
        one["test_case"]["name"]: one["steps"][0]["extracted_vars"]["who"] for one in run.documents
    }


ALL = {"top": "root", "api": "api", "apideep": "api"}


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ((), ALL),
        (("api/deep",), ["apideep"]),
        (("api/deep/apideep.yaml::apideep", "top.yaml"), ["top", "apideep"]),
        (("--rootdir=.", "api"), ["api", "apideep"]),
        (("-o", "sisyphus_files=*.yaml"), ALL),
    ],
)
def test_it_holds_for_its_folder_and_below(suite, run_yaml, args, names):
    assert said(run_yaml(None, *args)) == {name: ALL[name] for name in names}


@pytest.mark.parametrize("args", [(), ("--rootdir=..",)])
def test_one_above_the_rootdir_that_no_ini_file_chose_is_warned_of(
    suite, pytester, monkeypatch, args
):
    (pytester.path / "pytest.ini").unlink()
    monkeypatch.chdir(pytester.path / "api" / "deep")

    printed = pytester.runpytest("--collect-only", *args).stdout.str()

    above = f"SisyphusWarning: sisyphus.yaml in {pytester.path / 'api'} is not read"
    assert (above in printed) == (not args)


@pytest.mark.parametrize(
    ("args", "told"), [(("-n2", "-p", "xdist"), 1), (("-W", "error"), 1), (("../../test_a.py",), 0)]
)
def test_it_is_told_once_and_only_of_cases(suite, pytester, monkeypatch, args, told):
    (pytester.path / "pytest.ini").unlink()
    pytester.makepyfile(test_a="def test_a(): pass")
    monkeypatch.chdir(pytester.path / "api" / "deep")

    printed = pytester.runpytest("-q", *args).stdout.str()

    assert printed.count("is not read, nor its conftest.py") == told
    assert "INTERNALERROR" not in printed


def test_workers_have_it_too(suite, run_yaml):
    run = run_yaml(None, "-p", "xdist", "-n2")

    assert said(run) == ALL


def test_it_is_looked_for_from_rootdir_on(suite, run_yaml, pytester):
    (pytester.path / "api/pytest.ini").write_text("[pytest]\n")

    run = run_yaml(None, "-c", "api/pytest.ini", "--rootdir=api", "api/api.yaml")

    assert "no base_url" in run.stdout


class TestWrong:
    @pytest.fixture
    def wrong(self, suite, run_yaml):
        suite("api/sisyphus.yaml", "[1, 2]\n")
        return lambda *args: run_yaml(None, *args)

    SAID = "api/sisyphus.yaml:1:1: project configuration is a mapping with the keys of config"

    def test_cases_below_it_do_not_run_and_others_do(self, wrong):
        run = wrong("--continue-on-collection-errors")

        assert run.outcomes == {"passed": 1, "errors": 2}

    def test_its_mistakes_are_told_once_and_each_further_file_is_a_line(self, suite, run_yaml):
        suite("api/sisyphus.yaml", "a: 1\nb: 2\nc: 3\n")

        run = run_yaml(None)

        lines = [one for one in run.stdout.splitlines() if "api/sisyphus.yaml:" in one]
        *mistakes, further = lines
        assert [one.split()[3] for one in mistakes] == ["'a'", "'b'", "'c'"]
        assert further.endswith(
            ".yaml: api/sisyphus.yaml:1:1: not read either, for this mistake (it is shown once, above)"
        )

    def test_a_case_that_is_named_says_it_too(self, wrong):
        assert self.SAID in wrong("api/deep/apideep.yaml::apideep").stdout

    def test_its_places_are_those_of_the_folder_that_pytest_is_started_in(
        self, suite, wrong, monkeypatch
    ):
        monkeypatch.chdir("api")

        assert "\nsisyphus.yaml:1:1: project" in wrong("deep").stdout


class TestNamed:
    def test_it_says_what_it_is(self, suite, run_yaml):
        run = run_yaml(None, "api/sisyphus.yaml")

        assert run.result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
        assert "api/sisyphus.yaml:1: this is project configuration, which holds for" in run.stdout

    def test_among_the_files_that_a_shell_names(self, suite, run_yaml):
        run = run_yaml(None, *map(str, sorted(Path("api").glob("*.yaml"))))

        assert said(run) == {"api": "api"}
        assert "this is project configuration" in run.stdout

    def test_what_is_wrong_with_it_is_an_error(self, suite, run_yaml):
        suite("api/sisyphus.yaml", "variabels: {}\n")

        run = run_yaml(None, "api/sisyphus.yaml")

        assert run.result.ret == pytest.ExitCode.INTERRUPTED
        assert "api/sisyphus.yaml:1:1: unknown key 'variabels'; did you mean" in run.stdout


def test_it_is_no_case_although_it_looks_like_one(suite, run_yaml):
    suite("other/sisyphus.yaml", SAYS_WHO.format(name="other"))

    run = run_yaml(None)

    assert said(run) == ALL


@pytest.mark.parametrize("name", ["sisyphus.yml", "SISYPHUS.yaml", "Sisyphus.yaml", "Sisyphus.yml"])
def test_another_spelling_of_its_name_is_warned_of(suite, run_yaml, name):
    suite(f"other/{name}", "variables: {}\n")

    assert (
        f"other/{name}:1: not collected: project configuration is looked for as "
        "'sisyphus.yaml'; give it that name" in run_yaml(None).stdout
    )


def test_an_unknown_key_may_be_a_warning(suite, run_yaml):
    suite("api/sisyphus.yaml", "variables: {who: api}\nx: 1\n")

    run = run_yaml(None, "-o", "sisyphus_unknown_keys=warn")

    assert said(run) == ALL
    assert "api/sisyphus.yaml:2:1: unknown key 'x' is ignored" in run.stdout


def test_functions_of_a_conftest_are_known_in_it(suite, run_yaml):
    suite("api/sisyphus.yaml", "variables: {who: '${own()}'}\n")
    suite(
        "api/conftest.py",
        "from pytest_sisyphus import Function\n\n"
        "def pytest_sisyphus_functions(context):\n"
        "    return [Function(name='own', call=lambda: 'made', description='x')]\n",
    )

    assert said(run_yaml(None)) == {**ALL, "api": "made", "apideep": "made"}
