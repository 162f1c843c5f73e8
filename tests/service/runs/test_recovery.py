"""What a service process that is gone left behind, and what a living one keeps."""

import contextlib
import socket

import pytest
from service_kit import FakeClock, FakeProcessRunner, Service

from orchestrator.runners.external import ExternalRunner

pytestmark = pytest.mark.every_database


def look(service):
    service.app.state.services.recovery.round()
    service.app.state.services.watchdog.sweep()


@pytest.fixture
def two(tmp_path, database_url):
    """Two services on one database, with one clock."""
    clock = FakeClock()
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(
                Service(
                    tmp_path, database_url=database_url, clock=clock, runner=FakeProcessRunner()
                )
            )
            for _ in range(2)
        ]


def die(service):
    """As after a kill -9: the process that its row names is another one now."""
    owner = service.app.state.services.recovery._me
    service.sql(
        "UPDATE service_instance SET process = '1:long-ago:elsewhere', seen_time = '2000-01-01' "
        "WHERE instance_id = :owner",
        owner=owner,
    )


def test_a_living_instance_keeps_what_waits_in_its_queue(two):
    one, other = two
    number = one.run_plan(1)["id"]
    one.clock.forward(3600)
    for service in two:
        service.app.state.services.recovery.round()
    look(other)
    assert one.detail(number)["status"] == 2
    assert other.runner.adopted == []
    assert [len(service.runner.jobs) for service in two] == [1, 0]


def test_what_a_dead_instance_never_started_is_started_again_by_one_heir(two):
    one, other = two
    number = one.run_plan(1)["id"]
    old = one.runner.jobs[0].callback_token.reveal()
    die(one)

    look(other)
    look(other)

    [job] = other.runner.jobs
    assert job.execution_id == number
    assert one.detail(number)["status"] == 2
    beat = {"executionId": number}
    assert other.call("/execution/heartbeat", beat, token=old).status_code == 403
    new = job.callback_token.reveal()
    assert other.call("/execution/heartbeat", beat, token=new).status_code == 200


@pytest.mark.parametrize(("broken", "status"), [(1, 2), (2, 2), (3, 1)])
def test_a_takeover_that_breaks_is_tried_again(two, monkeypatch, broken, status):
    """Three times in all: a row that breaks each time must not stop those behind it."""
    one, other = two
    number = one.run_plan(1)["id"]
    one.sql("UPDATE execution SET status = 1 WHERE id = :id", id=number)
    die(one)
    recovery = other.app.state.services.recovery
    adopt, left = recovery._adopt, [broken]

    def breaks(execution_id):
        if left[0]:
            left[0] -= 1
            raise OSError("no more files")
        adopt(execution_id)

    monkeypatch.setattr(recovery, "_adopt", breaks)
    for _ in range(4):
        recovery.round()

    assert left == [0]
    assert one.detail(number)["status"] == status


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("started", [True, False])
def test_a_process_that_a_dead_instance_left_is_adopted_or_closed(two, alive, started):
    from orchestrator.runners.processes import this_process

    one, other = two
    number = one.run_plan(1)["id"]
    process = str(this_process())
    one.runner.on_process(number, process)
    if started:
        one.told("/execution/start", {"executionId": number})
    other.runner.living = {process} if alive else set()
    die(one)

    look(other)

    assert [run.process for run in other.runner.adopted] == [process]
    row = one.detail(number)
    assert row["status"] == ((3 if started else 2) if alive else 8)
    assert ("its last words" in row["trigger_message"]) == (not alive)


def test_a_dead_run_with_every_result_is_a_verdict(two):
    one, other = two
    number = one.started(1)
    one.runner.on_process(number, "1:gone:" + socket.gethostname())
    one.result(number, 1, 2)
    die(one)
    look(other)
    assert one.detail(number)["status"] == 4


def test_a_process_on_another_host_goes_on_under_its_lease(two):
    one, other = two
    number = one.started(1)
    one.runner.on_process(number, "1:mark:another-host")
    die(one)
    look(other)
    assert one.detail(number)["status"] == 3
    one.clock.forward(91)
    look(other)
    assert one.detail(number)["status"] == 8


def test_a_cancel_that_the_other_instance_took_reaches_the_run(two):
    one, other = two
    number = one.run_plan(1)["id"]
    assert other.front_data("/execution/cancel", {"executionId": number})["status"] == 6
    look(one)
    assert one.runner.canceled == [number]


def heartbeat(service, number):
    service.told("/execution/heartbeat", {"executionId": number})


def blocked_again(service, number):
    """Does not count over the service's own mark."""
    service.result(number, 1, 4)


@pytest.mark.parametrize("speaks", [heartbeat, blocked_again])
def test_a_lost_run_that_stays_silent_is_stopped_and_one_that_speaks_is_not(two, speaks):
    one, _ = two
    number = one.started(1, 2)
    silent_for(one, 91)
    assert one.detail(number)["status"] == 8
    silent_for(one, silence(one) - 1)
    speaks(one, number)
    silent_for(one, silence(one) - 1)
    assert one.runner.canceled == []
    silent_for(one, 2)
    assert one.runner.canceled == [number]


def test_a_run_that_hangs_after_its_last_result_is_stopped(two):
    one, _ = two
    number = one.started(1)
    one.result(number, 1, 2)
    silent_for(one, 91)
    assert one.detail(number)["status"] == 4
    silent_for(one, silence(one) + 1)
    assert one.runner.canceled == [number]


def test_a_run_that_said_its_end_is_left_alone(two):
    """It may write its reports yet, and does not beat any more."""
    one, _ = two
    number = one.started(1, 2)
    one.result(number, 1, 2)
    one.told("/execution/finish", {"executionId": number})
    assert one.detail(number)["status"] == 8
    silent_for(one, silence(one) + 1)
    assert one.runner.canceled == []


def test_who_could_not_be_heard_is_not_silent(two):
    one, _ = two
    number = one.started(1, 2)
    silent_for(one, 91)
    assert one.detail(number)["status"] == 8
    one.clock.forward(2 * silence(one))  # the database is away: no round, and no call is answered
    look(one)
    assert one.runner.canceled == []
    silent_for(one, silence(one) + 1)
    assert {*one.runner.canceled} == {number}


def silence(service):
    """Seconds after which a run that a lease ended, and that says nothing, hangs."""
    return service.app.state.services.recovery._silence.total_seconds()


def silent_for(service, seconds):
    """With the rounds that there are meanwhile."""
    while seconds > 0:
        step = min(seconds, silence(service) / 3)
        service.clock.forward(step)
        look(service)
        seconds -= step


def test_an_heir_with_another_runner_closes_what_never_started(tmp_path, database_url):
    clock = FakeClock()
    options = {"database_url": database_url, "clock": clock}
    with (
        Service(tmp_path, runner=FakeProcessRunner(), **options) as one,
        Service(tmp_path, runner=ExternalRunner(), **options) as other,
    ):
        number = one.run_plan(1)["id"]
        die(one)
        look(other)
        assert other.detail(number)["status"] == 8


def test_an_heir_with_another_runner_waits_for_one_that_can_adopt(two, tmp_path, database_url):
    one, other = two
    stranger = Service(
        tmp_path, database_url=database_url, clock=one.clock, runner=ExternalRunner()
    )
    with stranger:
        number = one.run_plan(1)["id"]
        other.app.state.services.recovery.round()
        die(one)
        for seconds in (0, 60):
            one.clock.forward(seconds)
            look(stranger)
            assert one.detail(number)["status"] == 2
        look(other)
        assert [job.execution_id for job in other.runner.jobs] == [number]

        die(other)
        look(stranger)  # nobody else lives
        assert one.detail(number)["status"] == 8


def test_an_instance_that_left_is_forgotten(tmp_path, service):
    service.app.state.services.recovery.round()
    service.sql(
        "INSERT INTO service_instance (instance_id, process, host, seen_time) "
        "VALUES ('x', '1:a:b', 'b', '2000-01-01')"
    )
    service.app.state.services.recovery.round()
    assert len(service.sql("SELECT * FROM service_instance")) == 1


def test_an_external_execution_waits_for_whoever_comes(tmp_path, database_url):
    with Service(tmp_path, database_url=database_url, runner=ExternalRunner()) as service:
        number = service.run_plan(1)["id"]
        service.clock.forward(3600 * 24)
        look(service)
        assert service.detail(number)["status"] == 2
