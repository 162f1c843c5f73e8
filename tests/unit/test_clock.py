"""How a duration is told."""

import pytest

from pytest_sisyphus.clock import format_duration


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.00 ms"),
        (0.000001, "< 0.01 ms"),
        (0.00031, "0.31 ms"),
        (0.0421, "42.1 ms"),
        (0.3204, "320 ms"),
        (1.537636, "1.54 s"),
        (59.999, "60.00 s"),
        (125.4, "2 min 5 s"),
        (3720, "1 h 2 min"),
    ],
)
def test_durations_are_short_and_never_rounded_to_nothing(seconds, shown):
    assert format_duration(seconds) == shown
