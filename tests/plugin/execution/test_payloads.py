"""What a run tells of its cases invocation_dir their outcomes: worker, checks, cause, exchanges."""

import json

import pytest
from echo_server import echo_server

SERIAL, PARALLEL = 1, 2
CANARY = "hunter2-canary"


@pytest.fixture
def shop(monkeypatch):
    with echo_server() as server:
        monkeypatch.setenv("SHOP", server.url)
        yield server


def suite(project, number, *steps):
    text = (
        f"name: case {number}\ncase_id: {number}\nconfig: {{base_url: '${{env.SHOP}}'}}\nsteps:\n"
    )
    text += "".join(f"- {json.dumps(step)}\n" for step in steps)
    (project.root / f"case_{number}.yaml").write_text(text, encoding="utf-8")


def asks(name, wanted, **body):
    return {
        "name": name,
        "url": "/anything",
        "method": "POST",
        "json": {"paid": "yes", **body},
        "validations": [{"eq": ["$.json.paid", wanted]}],
    }


def exchanges(orchestrator, number):
    kept = json.loads(orchestrator.final(number)["exchanges"])
    assert kept["left_out"] == 0
    return kept["steps"]


@pytest.mark.parametrize("keeps", ["failed", "all"])
def test_of_a_failed_case_all_is_told_and_masked(project, orchestrator, shop, keeps):
    orchestrator.keeps = keeps
    suite(project, 1, asks("order", "yes"), asks("pay", "no", password=CANARY, note="n" * 3000))
    orchestrator.want(1)
    project.run()

    final = orchestrator.final(1)
    assert final["status"] == 3
    assert final["ext"]["worker"] == "main"
    assert final["ext"]["checks"] == {"passed": 1, "total": 2}
    cause = {"step": "pay", "check": "eq", "path": "$.json.paid", "type": "AssertionError"}
    assert final["ext"]["cause"] == cause
    order, pay = exchanges(orchestrator, 1)
    assert (order["status"], pay["status"]) == ("success", "failed")
    assert pay["validations"][0]["actual"] == "yes"
    assert pay["response"]["request"]["method"] == "POST"
    assert "n" * 3000 in json.dumps(pay)
    assert pay["meta"]["location"].startswith("case_1.yaml:")
    assert "variables_snapshot" not in pay
    assert shop.requests[-1]["json"]["password"] == CANARY
    assert CANARY not in json.dumps(orchestrator.calls)


def test_of_a_passed_case_bodies_are_short(project, orchestrator, shop):
    orchestrator.keeps = "failed"
    suite(project, 1, asks("order", "yes", note="n" * 3000))
    orchestrator.want(1)
    project.run()

    assert orchestrator.final(1)["ext"]["checks"] == {"passed": 1, "total": 1}
    assert "cause" not in orchestrator.final(1)["ext"]
    (order,) = exchanges(orchestrator, 1)
    assert order["response"]["truncated"] is True
    assert order["response"]["full_size"] > 3000


@pytest.mark.parametrize("keeps", ["", "none", "everything"])
def test_who_does_not_say_that_it_keeps_any_gets_none(project, orchestrator, shop, keeps):
    orchestrator.keeps = keeps
    suite(project, 1, asks("order", "no"))
    orchestrator.want(1)
    project.run()

    assert orchestrator.final(1)["status"] == 3
    assert "exchanges" not in orchestrator.final(1)
    assert orchestrator.final(1)["ext"]["checks"] == {"passed": 0, "total": 1}


def test_what_is_shown_on_demand_here_goes_nowhere_else(project, orchestrator, shop):
    orchestrator.keeps = "all"
    suite(project, 1, asks("order", "no", password=CANARY))
    orchestrator.want(1)
    project.run("--sisyphus-show-secrets")

    assert "exchanges" not in orchestrator.final(1)


def test_workers_name_themselves_and_send_all_of_it(project, orchestrator, shop):
    pytest.importorskip("xdist")
    orchestrator.keeps = "failed"
    for number in (1, 2, 3, 4):
        suite(project, number, asks("order", "yes" if number % 2 else "no"))
    orchestrator.want(1, 2, 3, 4, run_mode=PARALLEL)
    project.run("-n", "2")

    workers = {orchestrator.final(number)["ext"]["worker"] for number in (1, 2, 3, 4)}
    assert workers <= {"gw0", "gw1"}
    assert workers
    for number in (1, 2, 3, 4):
        assert len(exchanges(orchestrator, number)) == 1


def test_a_crashed_worker_is_named_too(project, orchestrator):
    pytest.importorskip("xdist")
    project.write(
        test_a="""
        @pytest.mark.sisyphus(case_id=1)
        def test_dies(): os._exit(1)
        """
    )
    orchestrator.want(1, run_mode=PARALLEL)
    project.run("-n", "1")

    assert orchestrator.final(1)["status"] == 3
    assert orchestrator.final(1)["ext"]["worker"].startswith("gw")
    assert "durationSeconds" not in orchestrator.final(1)


def test_of_python_tests_nothing_is_counted(project, orchestrator):
    orchestrator.keeps = "all"
    project.write(
        test_a="""
        @pytest.mark.sisyphus(case_id=1)
        def test_passes(): pass
        """
    )
    orchestrator.want(1)
    project.run()

    assert orchestrator.final(1)["ext"] == {"worker": "main"}
    assert "exchanges" not in orchestrator.final(1)


def test_a_case_without_checks_says_that_it_had_none(project, orchestrator, shop):
    suite(project, 1, {"name": "look", "url": "/anything"})
    orchestrator.want(1)
    project.run()

    assert orchestrator.final(1)["ext"]["checks"] == {"passed": 0, "total": 0}


def test_a_condition_that_was_waited_for_is_a_check(project, orchestrator, shop):
    wait = {
        "name": "until",
        "type": "wait",
        "condition": "${1 == 1}",
        "timeout": 1,
    }
    suite(project, 1, wait)
    orchestrator.want(1)
    project.run()

    assert orchestrator.final(1)["status"] == 2
    assert orchestrator.final(1)["ext"]["checks"] == {"passed": 1, "total": 1}


def test_the_cause_is_the_innermost_step(project, orchestrator, shop):
    loop = {
        "name": "each",
        "type": "loop",
        "loop_type": "for",
        "loop_count": 2,
        "loop_steps": [asks("inner", "no")],
    }
    suite(project, 1, loop)
    orchestrator.want(1)
    project.run()

    assert orchestrator.final(1)["ext"]["cause"]["step"] == "inner [1]"


def test_a_connection_that_failed_has_a_cause_without_a_check(project, orchestrator, monkeypatch):
    monkeypatch.setenv("SHOP", "http://127.0.0.1:1")
    suite(project, 1, asks("order", "yes"))
    orchestrator.want(1)
    project.run()

    cause = orchestrator.final(1)["ext"]["cause"]
    assert (cause["step"], "check" in cause, bool(cause["type"])) == ("order", False, True)
