"""The catalogue: which cases there are, told to the orchestrator."""

import pytest
from scripted_orchestrator import SYNC, status

SUITE = '''
    @pytest.mark.sisyphus(case_id=1001)
    def test_order():
        """An order can be placed.

        At length.
        """

    @pytest.mark.sisyphus(case_key="order-cancel")
    @pytest.mark.parametrize("n", [1, 2])
    def test_cancel(n): pass

    def test_of_no_case(): pass
'''


@pytest.fixture
def sync(project, orchestrator):
    def run(*args):
        return project.pytester.runpytest_inprocess(
            f"--sisyphus-url={orchestrator.url}",
            "--sisyphus-sync",
            "--sisyphus-project=3",
            f"--sisyphus-secret={orchestrator.secret}",
            *args,
        )

    return run


def test_the_catalogue_of_the_whole_suite(project, orchestrator, sync):
    project.write(test_a=SUITE)

    result = sync("--collect-only")

    assert result.ret == 0
    assert orchestrator.catalogue == {
        "projectId": 3,
        "complete": True,
        "cases": [
            {
                "caseId": None,
                "caseKey": "order-cancel",
                "caseTitle": "test_cancel",
                "pytestNodeid": "test_a.py::test_cancel",
                "enabled": True,
                "tags": [],
            },
            {
                "caseId": 1001,
                "caseKey": "1001",
                "caseTitle": "An order can be placed.",
                "pytestNodeid": "test_a.py::test_order",
                "enabled": True,
                "tags": [],
            },
        ],
    }
    result.stdout.fnmatch_lines(["catalogue of project 3: 2 cases (the whole suite)"])


def test_tests_without_an_identity_are_counted(project, sync):
    project.write(
        test_a="""
        @pytest.mark.sisyphus(case_id=1)
        def test_one(): pass
        def test_two(): pass
        """
    )

    result = sync("--collect-only")

    result.stdout.fnmatch_lines(
        [
            "catalogue of project 3: 1 case (the whole suite)",
            "1 test has neither case_id nor case_key, and is not in the catalogue",
            "  test_a.py:*: test_two",
        ]
    )


def test_marks_of_the_testers_own_are_tags(project, orchestrator, sync):
    project.pytester.makeconftest(
        "def pytest_configure(config):\n"
        "    config.addinivalue_line('markers', 'smoke: quick')\n"
        "    config.addinivalue_line('markers', 'money: of orders')\n"
    )
    project.write(
        test_a="""
        pytestmark = pytest.mark.smoke

        @pytest.mark.money
        @pytest.mark.usefixtures("tmp_path")
        @pytest.mark.sisyphus(case_id=1)
        @pytest.mark.parametrize("n", [1, 2])
        def test_order(n): pass
        """
    )

    sync("--collect-only")

    assert [case["tags"] for case in orchestrator.catalogue["cases"]] == [["money", "smoke"]]


@pytest.mark.parametrize(
    "options", [["test_a.py"], ["-k", "order"], ["--deselect", "test_a.py::test_of_no_case"]]
)
def test_a_part_of_the_suite_disables_nothing(project, orchestrator, sync, options):
    project.write(test_a=SUITE)

    sync("--collect-only", *options)

    assert orchestrator.catalogue["complete"] is False


def test_a_folder_without_cases_disables_nothing(project, orchestrator, sync):
    project.write(test_a="def test_of_no_case(): pass")

    result = sync("--collect-only")

    assert (orchestrator.catalogue["complete"], orchestrator.catalogue["cases"]) == (False, [])
    result.stdout.fnmatch_lines(["no case was collected below */*: is it the right folder?"])


def test_a_broken_file_disables_nothing(project, orchestrator, sync):
    project.write(test_a=SUITE, test_b="def broken(:")

    sync("--collect-only")

    assert orchestrator.catalogue["complete"] is False
    assert len(orchestrator.catalogue["cases"]) == 2


def test_a_refused_secret_is_said_with_the_name_it_has_at_the_service(project, orchestrator, sync):
    project.write(test_a=SUITE)
    orchestrator.always(SYNC, status(403))

    result = sync("--collect-only")

    result.stderr.fnmatch_lines(["ERROR: *answered 403*; --sisyphus-secret*--callback-secret*"])


@pytest.mark.usefixtures("no_second_try")
def test_a_catalogue_that_cannot_be_sent_is_a_failure(project, orchestrator, sync):
    project.write(test_a=SUITE)
    orchestrator.always(SYNC, status(503))

    result = sync("--collect-only")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: the catalogue could not be sent: * answered 503*"])


def test_sync_runs_nothing(project, orchestrator, sync):
    project.write(test_a=SUITE)

    result = sync()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --sisyphus-sync goes with --collect-only"])


@pytest.mark.parametrize("missing", ["project", "secret", "url"])
def test_what_sync_needs(project, orchestrator, missing):
    options = {"url": orchestrator.url, "project": 3, "secret": "s"}
    del options[missing]

    result = project.pytester.runpytest_inprocess(
        "--sisyphus-sync",
        "--collect-only",
        *(f"--sisyphus-{name}={value}" for name, value in options.items()),
    )

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"--sisyphus-sync needs --sisyphus-{missing}" in "\n".join(result.errlines)


CASE = "name: {name}\ncase_id: {id}\nsteps: [{{name: s, type: wait, seconds: 0}}]\n"


@pytest.mark.parametrize(
    "nearly", ["nmae: a\nsteps:\n- {url: /}\n", "name: a\ncase_id: 8\nstep:\n- {url: /}\n"]
)
def test_a_file_that_nearly_looks_like_a_case_disables_nothing(project, orchestrator, sync, nearly):
    project.write(test_a=SUITE)
    (project.root / "b.yaml").write_text(nearly, encoding="utf-8")

    result = sync("--collect-only", "-Wdefault")

    assert orchestrator.catalogue["complete"] is False
    result.stdout.fnmatch_lines(
        ["*(a part of the suite: nothing is disabled)", "b.yaml:*: not collected: *"]
    )


def test_what_a_sync_disables_is_printed(project, orchestrator, sync):
    project.write(test_a=SUITE)
    orchestrator.disabled = [{"case_id": 5, "case_title": "pay"}, {"case_id": 6, "case_title": "x"}]

    result = sync("--collect-only")

    result.stdout.fnmatch_lines(
        ["disabled: 5 pay, which is missing here", "disabled: 1 case more that are missing here"]
    )


@pytest.mark.parametrize(
    "refused",
    [
        {"case_id": None, "reason": "cases[1].caseTitle must be text"},
        {"case_id": 1001, "reason": "caseId twice"},
    ],
)
def test_a_rejected_case_is_named_and_fails_the_sync(project, orchestrator, sync, refused):
    project.write(test_a=SUITE)
    orchestrator.refused = [refused]

    result = sync("--collect-only")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [f"rejected: test_a.py::test_order: {refused['reason'].replace('[', '[[]')}"]
    )


class TestOneIdentityOfTwoCases:
    @pytest.fixture(autouse=True)
    def files(self, project):
        for name, text in {"a": CASE, "b": CASE}.items():
            (project.root / f"{name}.yaml").write_text(text.format(name=name, id=7))

    def test_is_warned_of_at_collection_with_both_places(self, project):
        result = project.pytester.runpytest_inprocess("--collect-only", "-Wdefault")

        result.stdout.fnmatch_lines(
            [
                "*b.yaml:1: SharedIdentity: b.yaml:1: case_id 7 is also that of the case at a.yaml:1;*"
            ]
        )

    def test_the_second_is_rejected(self, orchestrator, sync):
        result = sync("--collect-only", "-Wdefault")

        assert result.ret == pytest.ExitCode.TESTS_FAILED
        assert [case["pytestNodeid"] for case in orchestrator.catalogue["cases"]] == ["a.yaml::a"]
        result.stdout.fnmatch_lines(
            ["catalogue of project 3: 1 case (*", "rejected: b.yaml:1: a.yaml:1 has its case_id 7"]
        )

    def test_a_key_counts_as_well_and_in_python_too(self, project, orchestrator, sync):
        (project.root / "b.yaml").unlink()
        marked = "@pytest.mark.sisyphus(case_key='7')\ndef test_it(): pass\n"
        project.write(
            test_p=marked,
            test_q="@pytest.mark.sisyphus(case_id=7)\nclass TestQ:\n"
            "    def test_1(self): pass\n    def test_2(self): pass\n",
        )

        result = sync("--collect-only", "-p", "no:randomly")

        assert len(orchestrator.catalogue["cases"]) == 1
        assert "rejected: test_p.py: a.yaml:1 has its case_id 7" in result.stdout.str()
        assert result.stdout.str().count("rejected: test_q.py") == 1

    def test_rows_are_one_case(self, project, orchestrator, sync):
        (project.root / "b.yaml").unlink()
        rows = "config: {data_source: [{id: x}, {id: y}]}\n"
        (project.root / "a.yaml").write_text(CASE.format(name="a", id=7) + rows)

        result = sync("--collect-only", "-Wdefault")

        assert len(orchestrator.catalogue["cases"]) == 1
        assert "rejected" not in result.stdout.str()
        assert "SharedIdentity" not in result.stdout.str()
