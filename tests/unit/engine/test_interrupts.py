"""A teardown runs to its end: one signal waits for that, a second does not."""

import os
import signal

import pytest
from engine_kit import Engine

from pytest_sisyphus.engine.interrupts import Interrupts
from pytest_sisyphus.extensions.types import Function

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def interrupt(number=signal.SIGINT):
    os.kill(os.getpid(), number)
    return 0


@pytest.fixture
def engine(tmp_path):
    made = Engine(tmp_path)
    made.extra_functions = (
        Function(name="interrupt", call=interrupt, description="sends a signal"),
        Function(name="timeout", call=lambda: pytest.fail("too long"), description="as a plugin"),
    )
    return made


@pytest.fixture(autouse=True)
def signals_are_interrupts():
    """SIGINT too: a shell has its background jobs ignore it."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in SIGNALS}
    yield
    for number, handler in before.items():
        assert signal.getsignal(number) is signal.default_int_handler
        signal.signal(number, handler)


def wait(name, seconds="0"):
    return f"{{name: {name}, type: wait, seconds: {seconds}}}"


def case(steps, teardown):
    """Of which the teardown is the case's own."""
    return f"[{', '.join(steps)}]\nteardown: [{', '.join(teardown)}]"


TWICE = "'${interrupt() + interrupt()}'"
ONCE = "'${interrupt()}'"


@pytest.mark.parametrize(
    ("steps", "teardown", "ran", "first_bad"),
    [
        # in the teardown: it runs to its end, and what was interrupted is said
        ([wait("a")], [wait("t1", ONCE), wait("t2")], "a t1 t2", None),
        ([wait("a")], [wait("t1", TWICE), wait("t2")], "a t1", "t1"),
        ([wait("a")], [wait("t1", ONCE), wait("t2", ONCE), wait("t3")], "a t1 t2", "t2"),
        # in the steps: the second signal is the first of the teardown
        ([wait("a", ONCE), wait("b")], [wait("t1"), wait("t2")], "a t1 t2", "a"),
        ([wait("a", ONCE)], [wait("t1", ONCE), wait("t2")], "a t1", "a"),
    ],
)
def test_signals(engine, steps, teardown, ran, first_bad):
    done = engine.run_whole(case(steps, teardown))

    assert done.names == ran.split()
    assert done.status == "failed"
    bad = [name for name, status in done.statuses().items() if status != "success"]
    assert bad[:1] == ([first_bad] if first_bad else [])
    assert "interrupted by KeyboardInterrupt" in done.document["error_info"]["message"]


@pytest.mark.parametrize("number", SIGNALS)
def test_of_a_step_too(engine, number):
    quoted = f"'${{interrupt({int(number)})}}'"
    around = f"teardown: [{wait('t1', quoted)}, {wait('t2')}]"
    done = engine.run_whole(f"[{{name: a, type: wait, seconds: 0, {around}}}, {wait('b')}]")

    assert done.names == ["a", "t1", "t2"]


def test_another_plugins_end_of_a_step_leaves_the_rest_of_the_teardown(engine):
    ran = []
    seen = Function(name="seen", call=lambda: ran.append(1) or 0, description="was here")
    engine.extra_functions = (*engine.extra_functions, seen)

    with pytest.raises(pytest.fail.Exception, match="too long"):
        engine.run_whole(
            case([wait("a")], [wait("t1", "'${timeout()}'"), wait("t2", "'${seen()}'")])
        )

    assert ran == [1]


def test_what_handled_the_signals_handles_them_again():
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with Interrupts() as interrupts:
            with interrupts.deferred():
                with interrupts.deferred():
                    interrupt()
                assert heard == []
            assert heard == [signal.SIGINT]
            interrupt()
        interrupt()
    finally:
        signal.signal(signal.SIGINT, before)

    assert heard == [signal.SIGINT] * 3
