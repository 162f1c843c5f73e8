"""Notes on a case that passed: nothing was checked, steps were retried or skipped."""

from collections.abc import Mapping
from typing import Any, Final

from pytest_sisyphus.documents.build import META, is_unchecked

NOTHING_CHECKED: Final = "nothing checked"
_MOST: Final = 10

Document = Mapping[str, Any]


def short_notes(document: Document) -> str:
    """`2 of 3 steps, 1 retried`; empty where there is nothing to say."""
    steps = document["steps"]
    ran = sum(step["status"] != "skipped" for step in steps)
    retried = sum(bool(step["retry_count"]) for step in steps)
    words = {
        NOTHING_CHECKED: is_unchecked(document),
        f"{ran} of {len(steps)} steps": ran < len(steps),
        f"{retried} retried": retried > 0,
    }
    return ", ".join(word for word, is_so in words.items() if is_so)


def note_lines(document: Document) -> str:
    """A line for each such step; of many the first, and how many more there are."""
    lines = []
    for step in document["steps"]:
        start = f"{step[META]['location']}: step {step['name']!r}"
        if step["status"] == "skipped":
            lines.append(f"{start} was skipped: {step[META]['reason']}")
        elif step["retry_count"]:
            lines.append(f"{start} passed after {step['retry_count'] + 1} attempts")
    more = [f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return "\n".join(lines[:_MOST] + more)
