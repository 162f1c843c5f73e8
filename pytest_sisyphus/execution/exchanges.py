"""Requests and responses of a case's steps as JSON text of bounded size, for a later look at them.

A text, because it is made once and from then on only passed on: by the spool, the sender, the
orchestrator. It comes from the masked document, whose steps it holds as they are there, without
the snapshots of variables. What is left out is counted.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from pytest_sisyphus.documents.failed_steps import FAILED
from pytest_sisyphus.values import exact_json

Keep = Literal["failed", "all", "none"]
Step = Mapping[str, Any]

#: bytes of one body or value, and of what a case has together.
BODY_LIMIT: Final = 16 * 1024
CASE_LIMIT: Final = 128 * 1024
#: of a case that passed: enough to see what is otherwise when it fails one day.
PASSED_BODY_LIMIT: Final = 2 * 1024
PASSED_CASE_LIMIT: Final = 32 * 1024
_LEFT_OUT: Final = ("variables_snapshot",)
#: what stays of a step that is left out.
_OF_LEFT_OUT: Final = ("name", "status", "parent")
_OF_A_CHECK: Final = ("actual", "expected", "error")
#: a loop may have any number.
_STEPS_LIMIT: Final = 1_000


def exchanges(document: Mapping[str, Any], keep: Keep) -> str:
    """`{"steps": […], "left_out": 2}` as text; empty where nothing of the case is kept."""
    every = document.get("steps") or ()
    if keep == "none" or not every:
        return ""
    steps = every[:_STEPS_LIMIT]
    is_whole = keep == "all" or document["test_case"]["status"] == "failed"
    body, case = (BODY_LIMIT, CASE_LIMIT) if is_whole else (PASSED_BODY_LIMIT, PASSED_CASE_LIMIT)
    texts = []
    for step in steps:
        kept = {name: value for name, value in step.items() if name not in _LEFT_OUT}
        text = _dumps(kept)
        texts.append(text if _size(text) <= body else _dumps(_Cutter(body).step(kept)))
    left_out = _leave_out(steps, texts, case) + len(every) - len(steps)
    return f'{{"steps": [{", ".join(texts)}], "left_out": {left_out}}}'


def _leave_out(steps: Sequence[Step], texts: list[str], limit: int) -> int:
    """Replace steps by their names and states until the texts fit, first those that did not fail.
    Returns how many were replaced."""
    total = sum(map(_size, texts))
    order = sorted(range(len(steps)), key=lambda n: steps[n]["status"] in FAILED)
    count = 0
    for number in order:
        if total <= limit:
            break
        step = steps[number]
        bare = _dumps(
            {name: step[name] for name in _OF_LEFT_OUT if name in step} | {"left_out": True}
        )
        total -= _size(texts[number]) - _size(bare)
        texts[number] = bare
        count += 1
    return count


class _Cutter:
    """Cuts as documents do: `truncated` and `full_size` stand beside a body, and around any other
    value."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def step(self, step: Step) -> Step:
        changes: Mapping[str, Callable[[Any], Any]] = {
            "response": self.response,
            "validations": lambda checks: [self.values(check, _OF_A_CHECK) for check in checks],
            "extracted_vars": lambda values: self.values(values, values),
            "attempts": lambda tries: [self.request_of(one) for one in tries],
            "error_info": lambda info: self.values(info, info),
        }
        return {
            name: changes[name](value) if name in changes else value for name, value in step.items()
        }

    def response(self, response: Any) -> Any:
        if not isinstance(response, Mapping):
            return self.value(response)
        if "body" not in response:  # of a step that is no request: its outputs
            return self.values(response, response)
        return self._holder(self.request_of(response))

    def request_of(self, holder: Any) -> Any:
        request = holder.get("request") if isinstance(holder, Mapping) else None
        return {**holder, "request": self._holder(request)} if request else holder

    def values(self, values: Mapping[str, Any], names: Any) -> dict[str, Any]:
        return {
            name: self.value(value) if name in names else value for name, value in values.items()
        }

    def value(self, value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("truncated") and "value" in value:
            return {**value, "value": self._short(value["value"])[0]}
        short, full_size = self._short(value)
        marked = {"value": short, "truncated": True, "full_size": full_size}
        return short if full_size is None else marked

    def _holder(self, holder: Mapping[str, Any]) -> Mapping[str, Any]:
        short, full_size = self._short(holder.get("body"))
        if full_size is None:
            return holder
        known = holder.get("full_size", full_size)
        return {**holder, "body": short, "truncated": True, "full_size": known}

    def _short(self, value: Any) -> tuple[Any, int | None]:
        """The value, or the beginning of its text and the full size in bytes."""
        if not isinstance(value, str | Mapping | list | tuple):
            return value, None
        text = value if isinstance(value, str) else _dumps(value)
        size = _size(text)
        if size <= self._limit:
            return value, None
        raw = text[: self._limit].encode("utf-8", "replace")[: self._limit]
        return raw.decode("utf-8", "ignore"), size


def _dumps(value: Any) -> str:
    return exact_json.dumps(value, ensure_ascii=False)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
