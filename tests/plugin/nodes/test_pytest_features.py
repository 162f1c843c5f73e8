"""What a user of pytest has in their fingers works on YAML cases as on functions."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

PASS = "steps: [{name: s, type: wait, seconds: 0}]"
FAIL = "steps: [{name: s, type: wait, seconds: 0, validations: [{eq: [$.attempts, 77]}]}]"
CASES = f"""
name: pay an order
tags: [smoke]
{PASS}
---
name: refund an order
tags: [slow]
{FAIL}
---
name: log in
{PASS}
"""


@pytest.fixture
def run_cases(run_yaml):
    return lambda *args, **files: run_yaml(CASES, *args, **files)


@pytest.mark.parametrize(
    ("args", "outcomes"),
    [
        (["-k", "order and not refund"], {"passed": 1, "deselected": 2}),
        (["-m", "smoke or slow"], {"passed": 1, "failed": 1, "deselected": 1}),
        (["-m", "not slow", "--strict-markers"], {"passed": 2, "deselected": 1}),
        (["-m", "smoke", "--strict-markers", "--sisyphus-lang=zh"], {"passed": 1, "deselected": 2}),
        (["-x"], {"passed": 1, "failed": 1}),
        (["--maxfail=2"], {"passed": 2, "failed": 1}),
        (["case.yaml::log in"], {"passed": 1}),
        (["--deselect", "case.yaml::refund an order"], {"passed": 2, "deselected": 1}),
        (["--ignore=case.yaml"], {}),
        (["--import-mode=importlib"], {"passed": 2, "failed": 1}),
        (["-p", "no:terminal"], None),
        (["-p", "no:junitxml", "-p", "no:logging"], {"passed": 2, "failed": 1}),
        (["-p", "xdist", "-n", "2"], {"passed": 2, "failed": 1}),
        (["-p", "pytest_rerunfailures", "--reruns", "2"], {"passed": 2, "failed": 1, "rerun": 2}),
        (["-p", "pytest_timeout", "--timeout", "30"], {"passed": 2, "failed": 1}),
    ],
)
def test_options_of_pytest_and_its_plugins(run_cases, args, outcomes):
    run = run_cases(*args)

    if outcomes is not None:
        assert run.outcomes == outcomes
    assert run.result.ret == (
        5 if outcomes == {} else int(outcomes is None or "failed" in outcomes)
    )


@pytest.mark.parametrize(
    ("option", "ran"),
    [
        ("--lf", ["refund an order"]),
        ("--ff", ["refund an order", "pay an order", "log in"]),
    ],
)
def test_what_failed_last_time(run_cases, pytester, option, ran):
    run_cases("-p", "cacheprovider")
    options = ("-p", "pytest_sisyphus.plugin", "-Wdefault", "-v")

    again = pytester.runpytest_inprocess(*options, option)

    assert re.findall(r"case.yaml::(.+?) (?:PASSED|FAILED)", again.stdout.str()) == ran


def test_collect_only_shows_files_and_cases(run_cases):
    tree = run_cases("--collect-only").stdout

    assert "<CaseFile case.yaml>" in tree
    assert "<CaseItem pay an order>" in tree
    assert "3 tests collected" in tree


def test_setup_show_names_the_fixtures(run_yaml):
    run = run_yaml(
        f"name: a\nusefixtures: [shop]\n{PASS}\n",
        "--setup-show",
        conftest__py="import pytest\n@pytest.fixture\ndef shop(): return 1\n",
    )

    assert "case.yaml::a (fixtures used: request, shop)." in run.stdout.replace(") .", ").")


def test_durations(run_yaml):
    run = run_yaml("name: a\nsteps: [{name: s, type: wait, seconds: 0.05}]\n", "--durations=1")

    assert "call     case.yaml::a" in run.stdout


def test_junitxml(run_cases):
    run_cases("--junitxml=junit.xml")

    names = [case.get("name") for case in ET.parse("junit.xml").iter("testcase")]
    assert names == ["pay an order", "refund an order", "log in"]


def test_pytest_html(run_cases):
    plugins = ("-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin")
    run_cases(*plugins, "--html=report.html", "--self-contained-html")

    page = Path("report.html").read_text(encoding="utf-8")
    assert "case.yaml::refund an order" in page
    assert "Expected 77, but got 0" in page


@pytest.mark.parametrize(
    ("args", "is_shown"),
    [(["-v"], False), (["-vv"], True), (["-vv", "-p", "xdist", "-n", "1"], True)],
)
def test_a_failure_shows_headers_at_vv(run_yaml, args, is_shown):
    run = run_yaml(
        """
        name: a
        config:
          headers: {X-Tag: blue, X-Api-Key: canary-51423}
          mock: {rules: [{response: {headers: {X-Node: n7}, body: {a: 1}}}]}
        steps:
          - {name: s, method: POST, url: "http://x.test/", body: {b: 2}, validations: [{eq: [$.a, 2]}]}
        """,
        *args,
    )

    request, response = re.search(
        r"request:  POST http://x.test/\n(.*?)\n    response: 200 .*?\n(.*?)\n    FAILED",
        run.stdout,
        re.DOTALL,
    ).groups()
    lines = [line.strip() for line in request.splitlines()]
    assert lines[-1] == '{"b": 2}'
    assert ({"X-Tag: blue", "X-Api-Key: ***"} <= {*lines}) is is_shown
    assert ("X-Node: n7" in response) is is_shown
    assert "canary" not in run.stdout


def test_a_timeout_of_pytest_timeout_ends_a_case_and_runs_its_teardown(run_yaml):
    run = run_yaml(
        f"""
        name: slow
        steps: [{{name: s, type: wait, seconds: 30}}]
        teardown: [{{name: clean, type: wait, seconds: 0}}]
        ---
        name: next
        {PASS}
        """,
        *("-p", "pytest_timeout", "--timeout=0.3", "--timeout-method=signal"),
    )

    assert run.outcomes == {"failed": 1, "passed": 1}
    assert [step["status"] for step in run.documents[0]["steps"]] == ["error", "success"]


class TestFixtures:
    def test_autouse_fixtures_run_around_cases(self, run_yaml):
        conftest = """
            import pytest
            @pytest.fixture(autouse=True)
            def around(request):
                print("before", request.node.name)
                yield
                print("after", request.node.name)
            """
        run = run_yaml(f"name: a\n{PASS}\n", "-s", conftest__py=conftest)

        assert run.stdout.index("before a") < run.stdout.index("after a")

    def test_a_fixture_that_fails_is_an_error_of_the_case(self, run_yaml):
        conftest = "import pytest\n@pytest.fixture\ndef shop(): raise OSError('no shop')\n"
        run = run_yaml(f"name: a\nusefixtures: [shop]\n{PASS}\n", conftest__py=conftest)

        assert run.outcomes == {"errors": 1}
        assert "no shop" in run.stdout

    def test_an_unknown_fixture_is_said_with_its_line(self, run_yaml):
        run = run_yaml(f"name: a\nusefixtures: [shpo]\n{PASS}\n")

        assert run.outcomes == {"errors": 1}
        assert "case.yaml:2:14: no fixture 'shpo'" in run.stdout

    def test_a_near_name_of_a_fixture_is_named(self, run_yaml):
        conftest = "import pytest\n@pytest.fixture\ndef shop(): pass\n"
        run = run_yaml(f"name: a\nusefixtures: [shpo]\n{PASS}\n", conftest__py=conftest)

        assert "no fixture 'shpo' (pytest --fixtures lists them); did you mean 'shop'?" in (
            run.stdout.replace("\n", " ")
        )

    def test_a_parametrised_fixture_is_refused_by_name(self, run_yaml):
        """A case is one item: rows of its data_source are what multiplies it."""
        conftest = (
            "import pytest\n"
            "@pytest.fixture(params=[1, 2])\ndef shop(request): return request.param\n"
        )
        run = run_yaml(f"name: a\nusefixtures: [shop]\n{PASS}\n", conftest__py=conftest)

        assert run.outcomes == {"errors": 1}
        assert "case.yaml:2:14: fixture 'shop' has params, and a YAML case cannot" in run.stdout
        assert "Requested here" not in run.stdout

    @pytest.mark.parametrize(
        ("scope", "times"),
        [("session", 1), ("package", 1), ("module", 2), ("class", 3), ("function", 3)],
    )
    def test_a_fixture_is_made_once_in_its_scope(self, run_yaml, scope, times):
        """A file is a module; cases are in no class."""
        conftest = f"""
            import pytest
            @pytest.fixture(scope="{scope}")
            def shop(request):
                print("OPEN")
                yield "s"
                print("CLOSE")
            """
        case = f"usefixtures: [shop]\n{PASS}\n"
        cases = f"name: a\n{case}---\nname: b\n{case}"
        run = run_yaml(cases, "-s", conftest__py=conftest, case_other__yaml=f"name: c\n{case}")

        assert run.outcomes == {"passed": 3}
        assert run.stdout.count("OPEN") == run.stdout.count("CLOSE") == times


HOOK = """
from pytest_sisyphus.extensions.types import Function

def pytest_sisyphus_functions(context):
    return [Function(name="answer", call=lambda: {value}, description="a number")]
"""
ASKS = "name: {name}\nsteps: [{{name: s, type: wait, seconds: 0, validations: [{{eq: ['$', 0]}}], description: '${{answer()}}', skip_if: '${{answer()}} == 42'}}]\n"


def test_a_folders_conftest_is_for_that_folder_only(run_yaml):
    Path("inside").mkdir()
    Path("inside/conftest.py").write_text(HOOK.format(value=42), encoding="utf-8")
    Path("inside/in.yaml").write_text(ASKS.format(name="in"), encoding="utf-8")

    run = run_yaml(ASKS.format(name="out"), "--continue-on-collection-errors")

    assert run.outcomes == {"skipped": 1, "errors": 1}
    assert "case.yaml:2:" in run.stdout
    assert "no function 'answer'" in run.stdout


def test_hooks_of_pytest_in_a_conftest_see_cases(run_cases):
    conftest = """
        import pytest

        def pytest_collection_modifyitems(items):
            items.reverse()

        def pytest_runtest_setup(item):
            if item.get_closest_marker("slow"):
                pytest.skip("slow ones not today")
        """
    run = run_cases("-v", conftest__py=conftest)

    assert run.outcomes == {"passed": 2, "skipped": 1}
    assert run.stdout.index("log in PASSED") < run.stdout.index("pay an order PASSED")


LOGIN = """
name: log in
config: {mock: {rules: [{response: {body: {token: "of ${place}"}}}]}, base_url: http://x.test}
steps: [{name: s, url: /, headers: {X-A: null}, extractors: {token: $.token}}]
"""


@pytest.mark.parametrize(
    ("args", "environ", "token"),
    [
        ((), {}, "of st"),
        (("--sisyphus-profile=uat",), {}, "of uat"),
        ((), {"SISYPHUS_PROFILE": "uat"}, "of uat"),
    ],
)
def test_a_fixture_knows_the_profile_and_logs_in_once(run_yaml, monkeypatch, args, environ, token):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    files = {
        "sisyphus__yaml": "active_profile: st\nheaders: {X-A: '${fixtures.token}'}\n"
        "profiles: {st: {variables: {place: st}}, uat: {variables: {place: uat}}}\n",
        "login__yaml": LOGIN,
        "conftest__py": """
            import pytest
            from pytest_sisyphus import run_cases

            @pytest.fixture(scope="session")
            def token(sisyphus_profile):
                (login,) = run_cases("login.yaml", profile=sisyphus_profile)
                assert login.error is None, login.error
                return login.final_variables["token"]
        """,
    }
    run = run_yaml(
        "name: a\nusefixtures: [token]\n"
        "config: {mock: {rules: [{response: {body: '${request.headers}'}}]}, base_url: http://x.test}\n"
        f"steps: [{{name: s, url: /, validations: [{{eq: [$.X-A, {token}]}}]}}]\n",
        "case.yaml",
        *args,
        **files,
    )

    assert run.outcomes == {"passed": 1}, run.stdout
