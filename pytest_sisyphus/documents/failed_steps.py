"""The failed steps in a case's document, and which of them failed by themselves."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Step = Mapping[str, Any]

#: statuses of a step that failed, or that could not be carried out.
FAILED: Final = frozenset({"failed", "error"})


def failed_steps(document: Mapping[str, Any]) -> list[Step]:
    """In document order; also of a document that is not ours, which may hold anything."""
    steps = document.get("steps") or ()
    return [step for step in steps if isinstance(step, Mapping) and step.get("status") in FAILED]


def innermost(failed: Iterable[Step]) -> list[Step]:
    """Of these those inside which none failed: a loop only passes on what failed inside it."""
    failed = list(failed)
    parents = {step.get("parent") for step in failed}
    return [step for step in failed if step["name"] not in parents]
