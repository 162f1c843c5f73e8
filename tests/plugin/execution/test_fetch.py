"""What keeps an execution from being run: one sentence, exit code 4, nothing run, no traceback."""

import threading

import pytest
from scripted_orchestrator import (
    GARBAGE,
    PULL,
    RESULT,
    START,
    hang,
    login_page,
    nonsense,
    reset,
    says,
    status,
)

PARALLEL = 2


@pytest.fixture
def refused(project, orchestrator, no_second_try):
    """Runs, expects the refusal, returns what was said."""
    project.write(test_a="raise SystemExit('nothing may be imported')")

    def run(*args, **rest):
        if not orchestrator.rows:
            orchestrator.want(1)
        result = project.run(*args, **rest)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        said = "\n".join(result.errlines)
        assert "Traceback" not in said + "\n".join(result.outlines)
        assert RESULT not in orchestrator.paths()
        assert project.spools == []
        return said

    return run


@pytest.mark.parametrize(
    ("misbehaviour", "said"),
    [
        (status(401, envelope_code=40001), "the token is not this execution's, or it has expired"),
        (status(403, envelope_code=40004), "the token is not this execution's, or it has expired"),
        (status(404, envelope_code=40400), "no orchestrator answers at that address"),
        (status(200, envelope_code=40011), "there is no such execution"),
        (status(422, envelope_code=40011), "there is no such execution"),
        (status(500), "answered 500: told to fail"),
        (status(503, Retry_After="1000"), "answered 503"),
        (status(302, Location="/login"), "answered 302"),
        (reset, "cannot be reached"),
        (login_page, "answered something that is not the orchestrator's JSON"),
        (nonsense, "success, but not as the orchestrator does: its executionId is no number"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)[:30]),
)
def test_a_pull_that_fails_says_why(refused, orchestrator, misbehaviour, said):
    orchestrator.always(PULL, misbehaviour)

    assert said in refused()
    assert START not in orchestrator.paths()


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_garbage_instead_of_cases_says_why(refused, orchestrator, answer):
    orchestrator.always(PULL, answer)

    assert "ERROR: execution 13 cannot be " in refused()


ITEM = {"executionCaseId": 1, "caseId": 1, "runOrder": 1, "status": 0}


@pytest.mark.parametrize(
    ("page", "item"),
    [
        ({"executionId": 14}, {}),
        ({"total": 3}, {}),
        ({"total": 10**30}, {}),
        ({"runMode": "both"}, {}),
        ({"status": [2]}, {}),
        ({"envCode": {"a": 1}}, {}),
        ({}, {"executionCaseId": None}),
        ({}, {"executionCaseId": []}),
        ({}, {"runOrder": "first"}),
        ({}, {"caseTitle": [["title"]]}),
        ({}, {"status": {}}),
    ],
    ids=str,
)
def test_cases_that_are_not_the_contracts(refused, orchestrator, page, item):
    data = {"executionId": 13, "total": 1, "status": 2, "items": [{**ITEM, **item}], **page}
    orchestrator.always(PULL, says(data))

    assert "is not the contract's" in refused()


def test_a_wrong_token(refused):
    assert "execution 13 cannot be run: the token is not this" in refused(token="wrong")


@pytest.mark.parametrize("token", ["tok-1\ntok-2", "tok-1-密码", "tok-1\x00"])
def test_a_token_that_no_header_can_carry_is_not_shown(refused, orchestrator, token):
    said = refused(token=token)

    assert "--sisyphus-token (or its file, or its variable) holds a line break" in said
    assert "tok-1" not in said
    assert orchestrator.calls == []


def test_an_orchestrator_that_is_not_there(refused, orchestrator):
    orchestrator.vanish()

    assert "cannot be reached: connection refused" in refused()


def test_an_orchestrator_that_never_answers(refused, orchestrator):
    release = threading.Event()
    orchestrator.always(PULL, hang(release))
    try:
        assert "no answer in time" in refused("--override-ini=sisyphus_pull_timeout=0.5")
    finally:
        release.set()


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://platform", "http://"])
def test_an_address_that_is_none(refused, url):
    assert f"--sisyphus-url: expected http://host:port, got {url!r}" in refused(url=url)


@pytest.mark.parametrize("over", [4, 5, 6, 7, 8])
def test_an_execution_that_is_over(refused, orchestrator, over):
    orchestrator.status = over

    assert "execution 13 is over: it" in refused()


def test_an_execution_without_cases(project, orchestrator):
    result = project.run()

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: execution 13 has no cases to run"])


def test_a_second_runner(refused, orchestrator):
    orchestrator.want(1)
    orchestrator.runner, orchestrator.status = "the first", 3

    assert "another runner holds it" in refused()


def test_an_execution_that_is_canceled_before_it_starts(refused, orchestrator):
    orchestrator.on_call = lambda path, _: orchestrator.cancel() if path == START else None

    assert "another runner holds it, or it is over" in refused()


def test_parallel_without_xdist(refused, orchestrator):
    orchestrator.want(1, run_mode=PARALLEL)

    said = refused("-p", "no:xdist")

    assert "runs in parallel (run mode 2), which needs pytest-xdist" in said
    assert START not in orchestrator.paths()


def test_a_distribution_that_runs_every_case_several_times(refused, orchestrator):
    orchestrator.want(1, run_mode=PARALLEL)

    assert "--dist=each" in refused("-n2", "--dist=each")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--sisyphus-execution needs --sisyphus-url"),
        (["--sisyphus-url=http://127.0.0.1:9"], "--sisyphus-execution needs --sisyphus-token"),
        (["--sisyphus-execution=thirteen"], "expected an execution's number, got 'thirteen'"),
    ],
)
def test_options_that_are_missing(project, options, said):
    result = project.pytester.runpytest_inprocess("--sisyphus-execution=13", *options)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in "\n".join(result.errlines)


@pytest.mark.parametrize("question", ["--help", "--markers", "--fixtures", "--version"])
def test_questions_about_pytest_are_answered(project, orchestrator, question):
    result = project.run(question)

    assert result.ret in {0, 5}
    assert orchestrator.calls == []
