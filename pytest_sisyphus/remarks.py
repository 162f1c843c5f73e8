"""What is worth a word although a case passed: nothing checked, steps retried, steps skipped."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .protocol import META, is_unchecked

NOTHING_CHECKED: Final = "nothing checked"
_MOST: Final = 10

Document = Mapping[str, Any]


def in_brief(document: Document) -> str:
    """`2 of 3 steps, 1 retried`; empty where there is nothing to say."""
    steps = document["steps"]
    ran = len(steps) - len(_skipped(steps))
    retried = len(_retried(steps))
    words = {
        NOTHING_CHECKED: is_unchecked(document),
        f"{ran} of {len(steps)} steps": ran < len(steps),
        f"{retried} retried": retried > 0,
    }
    return ", ".join(word for word, is_so in words.items() if is_so)


def in_lines(document: Document) -> str:
    """A line for each such step."""
    lines = list(_lines(document["steps"]))
    more = [f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return "\n".join(lines[:_MOST] + more)


def _lines(steps: Sequence[Document]) -> Iterator[str]:
    for step in steps:
        start = f"{step[META]['location']}: step {step['name']!r}"
        if step["status"] == "skipped":
            yield f"{start} was skipped: {step[META]['reason']}"
        elif step["retry_count"]:
            yield f"{start} passed after {step['retry_count'] + 1} attempts"


def _skipped(steps: Sequence[Document]) -> list[Document]:
    return [step for step in steps if step["status"] == "skipped"]


def _retried(steps: Sequence[Document]) -> list[Document]:
    return [step for step in steps if step["retry_count"]]
