"""`type: poll`: a request again and again, until its answer is the wanted one."""

import dataclasses
import itertools
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.fields import ConditionField
from pytest_sisyphus.spec.model import Deferred
from pytest_sisyphus.spec.numbers import AtLeastOne, Pause
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.steps.polling import PollOptions, poll_until
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.steps.request_block import RequestBlock

#: seconds
_DEFAULT_TIMEOUT: Final = 30.0
#: seconds that no interval of an exponential backoff exceeds, unless `interval` does.
_MAX_BACKOFF: Final = 60.0


class PollSpec(StepSpec):
    request: Annotated[RequestBlock, Field(description="the keys of a request step")] = None
    until: Annotated[
        ConditionField | None,
        Deferred,
        Field(description="sees the answer as response, and its keys bare"),
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
                raise invalid(tr("poll needs {key}", key=key))
        return self


def run(spec: PollSpec, context: StepContext) -> Outcome:
    assert spec.until is not None  # noqa: S101 - a poll without it is refused
    written = spec.timeout.total if spec.timeout else None
    only_counted = written is None and spec.max_attempts is not None
    factor = 1.0 if spec.backoff == "fixed" else 2.0
    longest = max(spec.interval, _MAX_BACKOFF)
    options = PollOptions(
        condition=spec.until,
        location=spec.location_of("until"),
        probe=spec.request,
        intervals=lambda: itertools.accumulate(
            itertools.repeat(factor),
            lambda interval, factor: min(interval * factor, longest),
            initial=spec.interval,
        ),
        timeout=None if only_counted else _DEFAULT_TIMEOUT if written is None else written,
        max_attempts=spec.max_attempts,
    )
    result = poll_until(options, context)
    last = result.outcome or Outcome(document={})
    return dataclasses.replace(
        last, document=result.document, condition_checked=True, error=result.failure
    )
