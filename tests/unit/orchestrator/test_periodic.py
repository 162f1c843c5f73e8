"""Duties in the background: one that fails is said, and the next round comes."""

import logging
import re
import threading

import pytest

from orchestrator.concurrency.periodic import Background
from orchestrator.errors import Unavailable


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            Unavailable(),
            [
                "sweep: a round failed: The database cannot do this now, try again later",
                "over after N s: sweep: a round failed",
            ],
        ),
        (ValueError("broken"), ["sweep: a round failed"] * 2),
    ],
    ids=["an outage, once", "a fault, each time"],
)
def test_a_failing_round_is_said_and_is_not_the_last(caplog, error, said):
    caplog.set_level(logging.INFO)
    rounds, third = [], threading.Event()

    def duty():
        rounds.append(1)
        if len(rounds) < 3:
            raise error
        if len(rounds) > 3:  # the third is over
            third.set()

    background = Background("sweep", [duty, lambda: None], 0.001)
    background.start()
    assert third.wait(60)
    background.close()

    lines = [one for one in caplog.records if one.name == "sisyphus.background"]
    assert [re.sub(r"after \d+ s:", "after N s:", one.getMessage()) for one in lines] == said
    assert {bool(one.exc_info) for one in lines} == {isinstance(error, ValueError)}
