"""Legs on the real service while everything goes wrong: calls and answers are lost, repeated and
late, machines die, the clock runs on, the service restarts.

The ghost knows who began what, and when. Each guard of the service, taken out alone, must be caught
here, or these tests are worth nothing.
"""

import contextlib

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from service_kit import Service, counted, counters

from orchestrator.executions import leg_callbacks, legs, results
from orchestrator.runners.external import ExternalRunner
from orchestrator.store import leg_queue

#: many calls, each quick; on a busy machine they take their time.
pytestmark = pytest.mark.timeout(600)

CASES, LEGS = 6, 3
OVER = {4, 5, 6, 7, 8}
MACHINES = settings(
    max_examples=10,
    stateful_step_count=30,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class Machine:
    """A leg's runner, as the plugin is one: it begins what is confirmed, and nothing else."""

    def __init__(self, name):
        self.name = name
        self.leases = {}
        #: leased and not begun, running, ended and not told.
        self.held, self.running, self.untold = [], [], {}
        self.alive = self.joined = False
        #: of a lease whose answer did not come.
        self.unheard = ""
        self.sent = []


class Legs(RuleBasedStateMachine):
    """The service is made once, by whoever runs this; each example is an execution of its own."""

    service: Service
    #: on the same database.
    other: Service
    retry_lost = False
    #: what a wrong plugin would do.
    begins_unconfirmed = False

    def __init__(self):
        super().__init__()
        body = {"planId": 2001, "envCode": "st", "shards": LEGS, "retryLost": self.retry_lost}
        answer = self.service.front("/plan/run", body)
        if answer["code"] == 40010:  # of the example before
            self.service.front("/execution/cancel", {"executionId": answer["data"]["execution_id"]})
            answer = self.service.front("/plan/run", body)
        self.number = answer["data"]["id"]
        self.machines = []
        self.begun = {}
        #: row: outcome of a test that the service confirmed.
        self.confirmed = {}
        self.ended = None

    # --- calls

    def call(self, machine, path, **fields):
        """`(status, data)`."""
        body = {"executionId": self.number, "runnerId": machine.name, **fields}
        response = self.service.call(f"/execution/{path}", body)
        assert response.status_code in (200, 409, 422), response.text
        if response.status_code == 200 and machine not in self.machines:
            raise AssertionError("a stranger was heard")
        return response.status_code, response.json()["data"]

    def living(self):
        return [one for one in self.machines if one.alive and one.joined]

    def pick(self, data, among):
        return data.draw(st.sampled_from(among))

    @precondition(lambda self: len(self.machines) < 6)
    @rule(index=st.sampled_from([None, 1, 2, 3]), slots=st.integers(1, 2), hears=st.booleans())
    def join(self, index, slots, hears):
        machine = Machine(f"{self.number}-{len(self.machines)}")
        self.machines.append(machine)
        named = {} if index is None else {"shardIndex": index}
        status, data = self.call(machine, "start", slots=slots, **named)
        if status == 200 and not hears:
            again, repeated = self.call(machine, "start", slots=slots, **named)
            assert (again, repeated["shard_index"]) == (200, data["shard_index"])
        machine.joined = machine.alive = status == 200

    @precondition(lambda self: self.living())
    @rule(data=st.data(), hears=st.booleans())
    def lease(self, data, hears):
        machine = self.pick(data, self.living())
        self.lease_of(machine, hears=hears)

    def lease_of(self, machine, *, hears=True):
        """A new lease, or the last one again as long as its answer did not come."""
        lease_id = machine.unheard or f"L{len(machine.leases)}"
        status, answer = self.call(machine, "case/lease", leaseId=lease_id)
        if status != 200:
            return None
        known = machine.leases.setdefault(lease_id, answer["items"])
        if answer["execution_status"] not in OVER:
            assert answer["items"] == known, "the same lease gave others"
        machine.unheard = "" if hears else lease_id
        if hears:
            machine.held += answer["items"]
        return answer

    @precondition(lambda self: any(one.leases for one in self.machines))
    @rule(data=st.data())
    def repeat_a_lease(self, data):
        """Also an old one, that comes late, also of one who is lost or dead: nobody may hear."""
        machine = self.pick(data, [one for one in self.machines if one.leases])
        self.repeat_lease_of(machine, self.pick(data, sorted(machine.leases)))

    def repeat_lease_of(self, machine, lease_id):
        status, answer = self.call(machine, "case/lease", leaseId=lease_id)
        if status == 200 and answer["execution_status"] not in OVER:
            assert answer["items"] == machine.leases[lease_id], "an old lease gave more"

    @precondition(lambda self: any(one.held for one in self.living()))
    @rule(data=st.data(), hears=st.booleans())
    def announce(self, data, hears):
        machine = self.pick(data, [one for one in self.living() if one.held])
        self.announce_of(machine, self.pick(data, machine.held), hears=hears)

    def announce_of(self, machine, row, *, hears=True):
        said = [{"executionCaseId": row, "status": 1}]
        machine.sent.append(said)
        status, data = self.call(machine, "case/result", results=said)
        is_no = status != 200 or data["rejected"] or data["execution_status"] in OVER
        if self.begins_unconfirmed or (hears and not is_no):
            machine.held.remove(row)
            machine.running.append(row)
            self.begun.setdefault(row, []).append(machine.name)
        elif is_no:
            machine.held.remove(row)

    @precondition(lambda self: any(one.running for one in self.machines if one.alive))
    @rule(data=st.data(), outcome=st.sampled_from([2, 2, 3, 5]))
    def end(self, data, outcome):
        machine = self.pick(data, [one for one in self.machines if one.alive and one.running])
        row = machine.running.pop()
        machine.untold[row] = outcome

    @precondition(lambda self: any(one.untold for one in self.machines))
    @rule(data=st.data(), hears=st.booleans())
    def deliver(self, data, hears):
        """Also by somebody else, who found the spool of a dead machine."""
        machine = self.pick(data, [one for one in self.machines if one.untold])
        self.deliver_of(machine, hears=hears)

    def deliver_of(self, machine, *, hears=True):
        said = [{"executionCaseId": row, "status": to} for row, to in machine.untold.items()]
        machine.sent.append(said)
        status, data = self.call(machine, "case/result", results=said)
        assert status == 200
        refused = {one["execution_case_id"] for one in data["rejected"]}
        for row, outcome in machine.untold.items():
            if row not in refused:
                assert self.confirmed.setdefault(row, outcome) == outcome or self.retry_lost
            else:
                assert self.retry_lost, "what was begun and ended is lost"
        if hears:
            machine.untold = {}

    @precondition(lambda self: any(one.sent for one in self.machines))
    @rule(data=st.data())
    def repeat_a_call(self, data):
        machine = self.pick(data, [one for one in self.machines if one.sent])
        self.call(machine, "case/result", results=self.pick(data, machine.sent))

    @precondition(lambda self: len(self.machines) > 1)
    @rule(data=st.data(), to=st.sampled_from([1, 2, 3]))
    def speak_of_a_case_of_another(self, data, to):
        one, other = (self.pick(data, self.machines) for _ in range(2))
        if one is not other and other.held + other.running:
            self.speak_for(one, other, to)

    def speak_for(self, one, other, to):
        said = {"executionCaseId": (other.held + other.running)[0], "status": to, "retryCount": 9}
        status, answer = self.call(one, "case/result", results=[said])
        if (
            status == 200
            and answer["execution_status"] == 3
            and said["executionCaseId"] not in one.held
        ):
            assert answer["rejected"], "another was heard of its case"

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def heartbeat(self, data):
        self.call(self.pick(data, self.living()), "heartbeat")

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def finish(self, data):
        self.finish_of(self.pick(data, self.living()))

    def finish_of(self, machine):
        """As the plugin: what it had not begun is told as canceled (`-x`), then it goes."""
        if machine.running or machine.untold:
            return
        self.call(machine, "finish", counts={}, final=True)
        machine.alive, machine.held = False, []

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def abort(self, data):
        machine = self.pick(data, self.living())
        self.call(machine, "abort")
        machine.alive, machine.held, machine.running = False, [], []

    @precondition(lambda self: self.living())
    @rule(data=st.data())
    def kill(self, data):
        machine = self.pick(data, self.living())
        machine.alive, machine.held, machine.running = False, [], []

    @rule(seconds=st.sampled_from([5, 60, 91, 130]))
    def wait(self, seconds):
        self.service.clock.forward(seconds)

    @rule()
    def sweep(self):
        self.service.front("/execution/poll", {})

    @precondition(lambda self: self.ended is None)
    @rule(really=st.sampled_from([True, False, False, False]))
    def cancel(self, really):
        if really:
            self.service.front("/execution/cancel", {"executionId": self.number})

    @rule()
    def another_service_looks(self):
        self.other.front("/execution/poll", {})

    # --- what always holds

    def rows(self, columns, table):
        where = "id" if table == "execution" else "execution_id"
        found = self.service.sql(f"SELECT {columns} FROM {table} WHERE {where} = {self.number}")
        return [row._mapping for row in found]

    @invariant()
    def rows_are_right(self):
        (execution,) = self.rows("*", "execution")
        cases = self.rows("id, status, shard_id, marked", "execution_case")
        legs_at_work = {
            row["id"] for row in self.rows("id, status", "execution_shard") if row["status"] == 3
        }
        assert counters(execution) == counted([row["status"] for row in cases])
        if self.ended is not None:
            assert execution["status"] == self.ended
        elif execution["status"] in OVER:
            self.ended = execution["status"]
        for row in cases:
            self.check_case(row, legs_at_work)
        if execution["status"] == 4:
            assert {row["status"] for row in cases} <= {2, 5}
            assert {row["id"] for row in cases} <= {*self.begun}
        if self.ended is not None:
            assert not legs_at_work

    def check_case(self, row, legs_at_work):
        number, status = row["id"], row["status"]
        began = self.begun.get(number, [])
        assert len(began) <= 1 + self.retry_lost, f"{number} was begun by {began}"
        if number in self.confirmed and not self.retry_lost:
            assert status == self.confirmed[number], "a confirmed outcome is another"
        if status in (0, 1) and row["shard_id"] is not None:
            assert row["shard_id"] in legs_at_work, "a leg that is gone has a case"
        if began and not self.retry_lost:
            assert status != 0, "what was begun is in the queue"
        if status == 4 and self.ended is None:
            assert row["marked"]
            assert began or self.begins_unheard(number), "what was not begun is blocked"

    def begins_unheard(self, number):
        """Its announcement was taken, but the answer was lost: for the service it was begun."""
        sent = (said for machine in self.machines for said in machine.sent)
        return any(one == {"executionCaseId": number, "status": 1} for said in sent for one in said)

    def teardown(self):
        """Whoever lives goes on to the end; where nobody does, others come. Then it is over."""
        for _ in range(60):
            self.rows_are_right()
            if self.ended is not None:
                break
            self.sweep()
            for machine in self.living():
                self.go_on(machine)
            if not self.living():
                self.service.clock.forward(131)
                self.service.front("/execution/poll", {})
                if len(self.machines) < 20:
                    self.arrive()
        else:
            raise AssertionError("it hangs")

    def arrive(self, slots=1):
        machine = Machine(f"{self.number}-{len(self.machines)}")
        self.machines.append(machine)
        status, _ = self.call(machine, "start", slots=slots)
        machine.joined = machine.alive = status == 200
        return machine

    def go_on(self, machine):
        for row in list(machine.held):
            with contextlib.suppress(ValueError):
                self.announce_of(machine, row)
        for row in machine.running:
            machine.untold[row] = 2
        machine.running = []
        if machine.untold:
            self.deliver_of(machine)
        answer = self.lease_of(machine)
        if answer is None:
            machine.alive = False
        elif not machine.held and answer["drained"]:
            self.finish_of(machine)


@pytest.fixture
def state_machine(tmp_path, database_url):
    options = {"database_url": database_url, "runner": ExternalRunner()}
    with Service(tmp_path, **options) as service:
        service.plan(*range(1, CASES + 1))
        with Service(tmp_path, **options, clock=service.clock) as other:
            yield type("Legs", (Legs,), {"service": service, "other": other})


@pytest.mark.every_database(but=["mysql"])
def test_nothing_is_lost_doubled_or_hangs(state_machine, database_kind):
    is_quick = database_kind == "sqlite"
    a_few = settings(MACHINES, max_examples=MACHINES.max_examples if is_quick else 4)
    run_state_machine_as_test(state_machine, settings=a_few)


def test_what_a_lost_leg_had_begun_is_begun_twice_at_most(state_machine):
    state_machine.retry_lost = True
    run_state_machine_as_test(state_machine, settings=MACHINES)


def forgets_leases(patch):
    remembering = leg_queue.lease

    def lease(session, leg, *given):
        known = leg.lease_ids
        remembering(session, leg, *given)
        leg.lease_ids = known
        session.flush()

    patch.setattr(leg_queue, "lease", lease)


#: a guard of the service, or of the plugin, taken out.
WRONG = {
    "anybody is heard of any case": lambda patch: patch.setattr(results, "_not_its", lambda *_: ""),
    "a lost leg leases": lambda patch: patch.setattr(
        leg_callbacks, "_check_alive", lambda *_: None
    ),
    "a repeated lease gives more": forgets_leases,
    "a lost leg keeps its cases": lambda patch: patch.setattr(
        leg_queue, "give_back", lambda *_: None
    ),
    "what a lost leg had begun stays": lambda patch: patch.setattr(
        legs.transitions, "mark_unreported", lambda *_, **__: 0
    ),
    "tests begin unconfirmed": lambda patch: patch.setattr(Legs, "begins_unconfirmed", True),
}


def story(legs_):
    """A leg is lost that had begun one case and held another, and speaks on; another takes over."""
    lost, other = legs_.arrive(slots=2), legs_.arrive()
    legs_.lease_of(lost)
    begun, held = lost.held
    legs_.announce_of(lost, begun)
    legs_.lease_of(other)
    legs_.repeat_lease_of(lost, "L0")
    legs_.speak_for(other, lost, 3)
    legs_.rows_are_right()
    legs_.wait(80)
    legs_.call(other, "heartbeat")
    legs_.wait(11)
    legs_.sweep()
    legs_.rows_are_right()
    legs_.lease_of(lost)
    legs_.rows_are_right()
    legs_.lease_of(other)
    assert held in other.held
    legs_.announce_of(other, held)
    legs_.announce_of(lost, held)
    legs_.rows_are_right()
    legs_.teardown()
    assert legs_.ended == 4  # the lost one told in the end how its case went


@pytest.mark.every_database
def test_the_story_of_a_lost_leg(state_machine):
    story(state_machine())


@pytest.mark.parametrize("wrong", WRONG)
def test_a_guard_that_is_missing_is_caught(state_machine, monkeypatch, wrong):
    WRONG[wrong](monkeypatch)
    with pytest.raises(AssertionError):
        story(state_machine())
