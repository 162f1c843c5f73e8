"""What a YAML item tells of itself by pytest's own `user_properties`: `--junitxml` shows them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .clock import readable
from .protocol import CHECKED, META
from .redact import redact_text

Property = tuple[str, object]

#: those that say who the case is; the rest says what became of it.
IDENTITY: Final = ("case_id", "case_key", "row", "description", "tags")


def of_case(
    *,
    place: object,
    identity: Mapping[str, Any],
    description: str,
    tags: Sequence[str],
    row: str | None = None,
) -> list[Property]:
    words = {"description": redact_text(description), "tags": ", ".join(tags)}
    told = {**identity, "row": row and redact_text(row), **words}
    return [("location", str(place)), *((key, told[key]) for key in IDENTITY if told.get(key))]


def of_document(document: Mapping[str, Any]) -> list[Property]:
    """A line for each step; what ran inside another step is only counted."""
    numbers = document["statistics"]
    counts = ", ".join(f"{numbers[f'{word}_steps']} {word}" for word in _COUNTED)
    checked = [(CHECKED, document[CHECKED])] if CHECKED in document else []
    return [("steps", counts), *checked, *_steps(document["steps"])]


_COUNTED: Final = ("passed", "failed", "skipped")


def _steps(steps: Sequence[Mapping[str, Any]]) -> Iterator[Property]:
    outer = [step for step in steps if not step.get("parent")]
    for number, step in enumerate(outer, start=1):
        meta, checks = step[META], step.get("validations") or ()
        passed = f", checks {sum(one['passed'] for one in checks)}/{len(checks)}" if checks else ""
        took = "" if step["status"] == "skipped" else f", {readable(meta['duration'])}"
        yield (
            f"step {number}",
            f"{step['status']}: {step['name']}{took}{passed} ({meta['location']})",
        )
