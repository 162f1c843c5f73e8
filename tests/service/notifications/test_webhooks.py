"""Others are told that an execution ended: once for each end, truthfully, with no secret shown."""

import io
import json

import pytest
from hook_receiver import receiver
from service_kit import FakeClock, Service, sqlite_url, until
from sqlalchemy import MetaData
from webhook_kit import finished, hook, rows, settled

from orchestrator.cli.doctor import run_checks
from orchestrator.config import logging
from orchestrator.config.settings import Settings
from orchestrator.db.engine import Database
from orchestrator.executions.retention import prune
from orchestrator.runners.artifacts import Artifacts
from orchestrator.runners.protocol import RunPhase, RunState
from orchestrator.secrets import Secret
from orchestrator.status import Event, ExecutionStatus
from orchestrator.store import transitions


@pytest.fixture
def service(tmp_path, database_url, told):
    with Service(tmp_path, database_url=database_url, webhooks=(hook(told),)) as running:
        yield running


def canceled(service):
    number = service.started(1)
    service.front("/execution/cancel", {"executionId": number})
    return number


def aborted(service, status):
    number = service.started(1)
    service.told("/execution/abort", {"executionId": number, "status": status, "message": "停"})
    return number


def refused(service):
    service.runner.refuses = "执行机已满"
    service.plan(1)
    return service.front_data("/plan/run", {"planId": 2001, "envCode": "st"})["id"]


def silent(service, status=0):
    number = service.started(1)
    if status:
        service.result(number, 1, status)
    service.clock.forward(91)
    service.front("/execution/poll", {})
    return number


def gone(service):
    number = service.started(1)
    service.runner.on_ended(number, "pytest 进程已结束")
    return number


def broken_off(service):
    number = service.run_plan(1)["id"]
    service.sql("UPDATE execution SET status = 1 WHERE id = :id", id=number)
    service.clock.forward(91)
    service.front("/execution/poll", {})
    return number


def stopped_at_the_runner(service):
    number = service.run_plan(1)["id"]
    service.runner.sightings[number] = RunState(phase=RunPhase.CANCELED, reason="构建被中止")
    service.front("/execution/poll", {})
    return number


WAYS = {
    "finished well": (lambda s: finished(s, 2, 5), 4, ""),
    "finished badly": (lambda s: finished(s, 2, 3), 5, ""),
    "finished early": (lambda s: finished(s, 2, 0), 8, "执行结束时仍有用例未上报结果"),
    "canceled": (canceled, 6, ""),
    "aborted as canceled": (lambda s: aborted(s, 6), 6, "停"),
    "aborted as not triggered": (lambda s: aborted(s, 7), 7, "停"),
    "aborted as lost": (lambda s: aborted(s, 8), 8, "停"),
    "refused": (refused, 7, "执行机已满"),
    "silent": (silent, 8, "执行机失联：超过 90 秒没有心跳"),
    "silent after every result": (lambda s: silent(s, 2), 4, ""),
    "gone": (gone, 8, "pytest 进程已结束"),
    "trigger broken off": (broken_off, 7, "触发过程中断"),
    "stopped at the runner": (stopped_at_the_runner, 6, "构建被中止"),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_end_is_told_once(service, told, way):
    end, status, reason = WAYS[way]
    number = end(service)
    for repeat in (
        lambda: service.call("/execution/finish", {"executionId": number, "final": True}),
        lambda: service.call("/execution/abort", {"executionId": number, "status": 6}),
        lambda: service.front("/execution/cancel", {"executionId": number}),
        lambda: service.front("/execution/poll", {"executionId": number}),
        lambda: service.runner.on_ended(number, "again"),
    ):
        repeat()

    [row] = settled(service)

    [one] = told.told
    execution = one.document["execution"]
    assert (one.document["event"], execution["id"]) == ("execution.ended", number)
    assert (execution["status"], execution["reason"]) == (status, reason)
    assert (row["kind"], row["attempts"], row["trouble"]) == ("ended", 1, "")
    assert one.delivery == row["delivery_id"] == one.document["delivery_id"]


@pytest.mark.every_database
def test_a_notice_shows_what_the_interface_shows(service, told):
    number = finished(service, 2, 3, 6, 5)
    settled(service)
    detail = service.detail(number)
    [one] = told.told
    execution = one.document["execution"]
    same = execution.keys() & detail.keys()
    assert {name: execution[name] for name in same} == {name: detail[name] for name in same}
    assert len(same) > 15
    assert (execution["plan_name"], execution["status_text"]) == ("p", "失败")
    assert one.document["failed_cases"] == [
        {"case_id": 2, "case_key": "2", "case_title": "case 2", "status": 3},
        {"case_id": 3, "case_key": "3", "case_title": "case 3", "status": 6},
    ]


def test_a_single_case_is_named(service, told):
    service.catalog(7)
    ran = service.front_data("/case/run", {"caseId": 7, "envCode": "st"})
    service.front("/execution/cancel", {"executionId": ran["id"]})
    settled(service)
    execution = told.told[0].document["execution"]
    assert (execution["case_id"], execution["case_title"]) == (7, "case 7")
    assert (execution["plan_name"], execution["reason"]) == (None, "")


def test_a_running_execution_and_its_results_are_told_to_nobody(service, told):
    number = service.started(1, 2)
    service.result(number, 1, 3)
    assert rows(service) == []
    assert told.told == []


@pytest.mark.every_database
@pytest.mark.parametrize(("late", "outcome"), [(2, 4), (3, 5)])
def test_a_lost_execution_whose_results_all_arrive_is_put_right_once(service, told, late, outcome):
    number = finished(service, 0, 0, 2)
    settled(service)
    service.result(number, 1, 2)
    assert len(rows(service)) == 1

    service.result(number, 2, late)
    service.result(number, 2, late)
    settled(service)
    service.result(number, 2, 2, retryCount=1)

    first, second = (one.document for one in told.told)
    assert (first["event"], first["execution"]["status"]) == ("execution.ended", 8)
    assert (second["event"], second["replaces"]) == ("execution.healed", first["delivery_id"])
    assert second["delivery_id"] != first["delivery_id"]
    assert second["execution"]["status"] == service.detail(number)["status"] == 8
    assert (first["execution"]["outcome"], second["execution"]["outcome"]) == (None, outcome)
    assert len(rows(service)) == 2


def test_a_late_result_of_any_other_end_is_told_to_nobody(service, told):
    number = finished(service, 2, 3)
    service.result(number, 2, 2, retryCount=1)
    number = canceled(service)
    service.result(number, 1, 2)
    number = aborted(service, 7)
    service.result(number, 1, 2)
    assert [row["kind"] for row in settled(service)] == ["ended"] * 3


def test_a_correction_goes_to_whom_the_end_was_told(tmp_path, told):
    hooks = (hook(told, "all"), hook(told, "good", states=frozenset({4})))
    with Service(tmp_path, webhooks=hooks) as service:
        number = finished(service, 0)
        service.result(number, 1, 2)
        settled(service)
        other = finished(service, 2)
        found = {(row["webhook"], row["execution_id"], row["kind"]) for row in settled(service)}
    assert found == {
        ("all", number, "ended"),
        ("all", number, "healed"),
        ("all", other, "ended"),
        ("good", other, "ended"),
    }


def test_a_rerun_is_an_execution_of_its_own(service, told):
    number = finished(service, 3)
    again = service.front_data("/execution/rerun", {"executionId": number})["id"]
    service.front("/execution/cancel", {"executionId": again})
    found = [(row["execution_id"], row["kind"]) for row in settled(service)]
    assert found == [(number, "ended"), (again, "ended")]


def test_a_move_that_is_not_committed_is_told_to_nobody(service):
    number = service.started(1)

    def work(session):
        to = ExecutionStatus.CANCELED
        transitions.advance(session, number, Event.CANCEL, to, service.clock.now())
        raise LookupError

    with pytest.raises(LookupError):
        service.app.state.services.writer.run(work)
    assert rows(service) == []
    assert service.detail(number)["status"] == 3


def test_without_webhooks_nothing_is_kept(tmp_path):
    with Service(tmp_path) as service:
        finished(service, 2)
        assert rows(service) == []


def test_old_notices_go_with_their_executions(service, tmp_path):
    finished(service, 2)
    settled(service)
    service.clock.forward(2 * 24 * 3600)
    database = Database(service.url)
    files = Artifacts(tmp_path / "files")
    assert (
        prune(database, files, service.clock, older_than=1, keep=0, say=lambda _: None).executions
        == 1
    )
    database.close()
    assert rows(service) == []


def test_no_secret_is_in_log_database_or_answer(tmp_path, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    bad_header = b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n: geheim\r\nbad\r\n\r\n"
    clock = FakeClock()
    with receiver() as told, logging.to_stderr("json"):
        hooks = (hook(told), hook(told, "group", format="dingtalk"))
        told.script = [bad_header] * 2
        with Service(tmp_path, clock=clock, webhooks=hooks) as service:
            number = finished(service, 3)
            until(lambda: {row["attempts"] for row in rows(service)} == {1})
            until(lambda: all(row["trouble"] for row in rows(service)))
            answers = [
                service.client.get(path).text
                for path in ("/metrics", "/it/api/openapi.json", "/docs", "/readyz")
            ]
            answers.append(json.dumps([service.detail(number), service.cases(number)]))
            kept = everything(service)
    assert "webhook group: notice" in stream.getvalue()
    assert "webhook_delivery" in kept
    for shown in (stream.getvalue(), kept, *answers):
        assert "geheim" not in shown


def test_the_doctor_names_webhooks_and_tells_nobody(tmp_path, told):
    hooks = (hook(told), hook(told, "group", format="slack", secret=Secret()))
    settings = Settings(project_root=tmp_path, database_url=sqlite_url(tmp_path), webhooks=hooks)
    texts = {finding.what: finding.text for finding in run_checks(settings)}
    assert texts["webhooks"] == "qa (json, signed), group (slack)"
    assert told.told == []


def everything(service):
    """All tables as text."""
    metadata = MetaData()
    metadata.reflect(service.database.engine)
    with service.database.writing() as connection:
        return repr(
            {
                table.name: connection.execute(table.select()).all()
                for table in metadata.sorted_tables
            }
        )
