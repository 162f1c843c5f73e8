"""`type: poll`: a request again and again, until its answer is the wanted one."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from ..dialect.model import Late, When
from ..dialect.numbers import AtLeastOne, Pause
from ..dialect.reading import refuse
from ..dialect.step import StepSpec
from ..models.result import Outcome
from .looking import Search, search
from .probe import RequestBlock
from .protocol import StepContext, StepType

_AT_MOST: Final = 30.0
#: seconds that no pause of an exponential backoff exceeds, unless `interval` does.
_LONGEST_PAUSE: Final = 60.0


class PollSpec(StepSpec):
    request: Annotated[RequestBlock, Field(description="the keys of a request step")] = None
    until: Annotated[
        When | None, Late, Field(description="sees the answer as response, and its keys bare")
    ] = None
    interval: Annotated[Pause, Field(description="seconds between two requests")] = 1.0
    max_attempts: Annotated[
        AtLeastOne | None, Field(description="requests in all; timeout limits the seconds (30)")
    ] = None
    backoff: Annotated[
        Literal["fixed", "exponential"], Field(description="exponential doubles each pause")
    ] = "fixed"

    @model_validator(mode="after")
    def _complete(self) -> "PollSpec":
        for key in ("request", "until"):
            if getattr(self, key) is None:
                raise refuse(f"poll needs {key}")
        return self


def run(spec: PollSpec, context: StepContext) -> Outcome:
    assert spec.until is not None  # noqa: S101 - see _complete
    written = spec.timeout.total if spec.timeout else None
    only_counted = written is None and spec.max_attempts is not None
    found = search(
        Search(
            condition=spec.until,
            place=spec.place_of("until"),
            probe=spec.request,
            pauses=lambda: _pauses(spec),
            at_most=None if only_counted else _AT_MOST if written is None else written,
            most=spec.max_attempts,
        ),
        context,
    )
    last = found.outcome or Outcome(document={})
    return dataclasses.replace(last, document=found.document, judged=True, error=found.failure)


def _pauses(spec: PollSpec) -> Iterator[float]:
    if spec.backoff == "fixed":
        return itertools.repeat(spec.interval)
    longest = max(spec.interval, _LONGEST_PAUSE)
    return itertools.accumulate(
        itertools.repeat(2.0),
        lambda pause, factor: min(pause * factor, longest),
        initial=spec.interval,
    )


POLL = StepType(
    name="poll",
    spec=PollSpec,
    run=run,
    description="repeats a request until a condition holds; checks look at its last answer",
)
