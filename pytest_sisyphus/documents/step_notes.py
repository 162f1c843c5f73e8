"""Notes on a case that passed: nothing was checked, steps were retried or skipped."""

from collections.abc import Mapping
from typing import Any, Final

from pytest_sisyphus.documents.build import META, is_unchecked
from pytest_sisyphus.i18n import marked, tr

NOTHING_CHECKED: Final = marked("nothing checked")
_MOST: Final = 10

Document = Mapping[str, Any]


def short_notes(document: Document) -> str:
    """`2 of 3 steps, 1 retried`; empty where there is nothing to say."""
    steps = document["steps"]
    ran = sum(step["status"] != "skipped" for step in steps)
    retried = sum(bool(step["retry_count"]) for step in steps)
    words = {
        tr(NOTHING_CHECKED): is_unchecked(document),
        tr("{ran} of {total} steps", ran=ran, total=len(steps)): ran < len(steps),
        tr("{retried} retried", retried=retried): retried > 0,
    }
    return tr(", ").join(word for word, is_so in words.items() if is_so)


def note_lines(document: Document) -> str:
    """A line for each such step; of many the first, and how many more there are."""
    lines = []
    for step in document["steps"]:
        start = tr("{location}: step {name!r}", location=step[META]["location"], name=step["name"])
        if step["status"] == "skipped":
            lines.append(
                tr("{start} was skipped: {reason}", start=start, reason=step[META]["reason"])
            )
        elif step["retry_count"]:
            lines.append(
                tr(
                    "{start} passed after {attempts} attempts",
                    start=start,
                    attempts=step["retry_count"] + 1,
                )
            )
    more = [tr("and {count} more", count=len(lines) - _MOST)] if len(lines) > _MOST else []
    return "\n".join(lines[:_MOST] + more)
