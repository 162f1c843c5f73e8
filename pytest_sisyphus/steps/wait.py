"""`type: wait`: some seconds, or until a condition holds."""

import itertools
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, model_validator

from pytest_sisyphus.errors import TimedOut
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import LocatedDict
from pytest_sisyphus.results import Outcome
from pytest_sisyphus.spec.context import Info, ValidationContext, invalid
from pytest_sisyphus.spec.fields import ConditionField, Text, Value
from pytest_sisyphus.spec.model import Deferred, Model
from pytest_sisyphus.spec.numbers import Pause, Seconds
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.steps.polling import PollOptions, poll_until
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.steps.request_block import DatabaseBlock, RequestBlock, block_reader

_DEFAULT_TIMEOUT: Final = 30.0


class WaitCondition(Model):
    """The older spelling of a condition with its probe."""

    type: Annotated[Literal["api", "database"], Field(description="what is asked before a look")]
    request: Annotated[RequestBlock, Field(description="api: the keys of a request step")] = None
    database: Annotated[Value, Deferred, Field(description="database: alias, URL or settings")] = (
        None
    )
    sql: Annotated[Text | None, Deferred, Field(description="database: the query")] = None
    params: Annotated[Value, Deferred, Field(description="database: the query's values")] = None
    check: Annotated[
        ConditionField,
        Deferred,
        Field(description="sees status_code, body, headers, response or rows, row"),
    ]
    interval: Annotated[Pause, Field(description="seconds between two looks")] = 2.0
    timeout: Annotated[Seconds, Field(description="seconds in all")] = 30.0

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        written = super().normalise(value, context)
        if written.get("type") == "database" and not context.rendered:
            block_reader("database")(written.only(_QUERY_KEYS), Info(context))
        return written

    @model_validator(mode="after")
    def _complete(self) -> "WaitCondition":
        needed, excluded = _KEYS_BY_TYPE[self.type]
        for key in excluded & self.model_fields_set:
            raise invalid(
                tr(
                    "wait_condition of type {type!r} has {needed}, not {key}",
                    type=self.type,
                    needed=needed,
                    key=key,
                )
            )
        if needed not in self.model_fields_set:
            raise invalid(
                tr("wait_condition of type {type!r} needs {needed}", type=self.type, needed=needed)
            )
        return self

    def probe(self, context: ValidationContext) -> StepSpec | None:
        """The request or query, as a step."""
        if self.type == "api":
            return self.request
        step = LocatedDict.of({"name": "database", "type": "database"}, self.location)
        step.merge(self.raw.only(_QUERY_KEYS))
        spec: StepSpec = context.steps["database"].spec.model_validate(step, context=context)
        return spec


_QUERY_KEYS: Final = ("database", "sql", "params")
#: type -> what it must have, what it cannot have
_KEYS_BY_TYPE: Final = {
    "api": ("request", {*_QUERY_KEYS}),
    "database": ("sql", {"request"}),
}


class WaitSpec(StepSpec):
    aliases: ClassVar[Mapping[str, str]] = {**StepSpec.aliases, "duration": "seconds"}

    wait_type: Annotated[
        Literal["delay", "condition"] | None, Field(description="delay: seconds; or condition")
    ] = None
    seconds: Annotated[Seconds | None, Field(description="just waits")] = None
    condition: Annotated[
        ConditionField | None, Deferred, Field(description="waits until it holds")
    ] = None
    interval: Annotated[Pause, Field(description="seconds between two looks")] = 1.0
    max_wait: Annotated[
        Seconds | None, Field(description="seconds in all (30); timeout says the same")
    ] = None
    request: Annotated[
        RequestBlock, Field(description="asked before each look: the keys of a request step")
    ] = None
    database: Annotated[
        DatabaseBlock, Field(description="asked before each look: the keys of a database step")
    ] = None
    wait_condition: Annotated[
        WaitCondition | None, Deferred, Field(description="an older spelling of all this")
    ] = None

    @model_validator(mode="after")
    def _has_one_kind(self) -> "WaitSpec":
        given = [key for key in _KINDS if key in self.model_fields_set]
        if len(given) != 1:
            raise invalid(
                tr(
                    "wait has one of seconds, condition, wait_condition; this one has {given}",
                    given=tr(" and ").join(given) or tr("none"),
                )
            )
        (kind,) = given
        for key in _ONLY_WITH_CONDITION & self.model_fields_set:
            if kind != "condition":
                raise invalid(
                    tr("{key} belongs to a wait with condition, not {kind}", key=key, kind=kind)
                )
        if self.wait_type and (self.wait_type == "delay") != (kind == "seconds"):
            raise invalid(
                tr("wait_type {type!r} does not go with {kind}", type=self.wait_type, kind=kind)
            )
        if self.request is not None and self.database is not None:
            raise invalid(tr("a wait asks one thing: request or database"))
        return self


_KINDS: Final = ("seconds", "condition", "wait_condition")
_ONLY_WITH_CONDITION: Final = {"interval", "max_wait", "request", "database"}


def run(spec: WaitSpec, context: StepContext) -> Outcome:
    if spec.seconds is not None:
        return _sleep(spec.seconds, context)
    result = poll_until(_poll_options(spec, context), context)
    last = result.outcome or Outcome(document={})
    return Outcome(
        document=result.document,
        unreadable=last.unreadable,
        note=last.note,
        needs_no_body=last.needs_no_body,
        condition_checked=True,
        error=result.failure,
    )


def _sleep(seconds: float, context: StepContext) -> Outcome:
    """Raises TimedOut when the time of the step, or of one around it, ends before."""
    began = context.clock.tick()
    left = max(context.deadline - began, 0.0)
    context.clock.sleep(min(seconds, left))
    if left < seconds:
        raise TimedOut(
            tr(
                "a wait of {seconds:g} s does not fit into the {left:g} s that were left",
                seconds=round(seconds, 3),
                left=round(left, 3),
            )
        )
    return Outcome(document={"attempts": 0, "waited": round(context.clock.tick() - began, 3)})


def _poll_options(spec: WaitSpec, context: StepContext) -> PollOptions:
    if (older := spec.wait_condition) is not None:
        rendered = older.rendered(context.scope, context.validation)
        return PollOptions(
            condition=rendered.check,
            location=older.location_of("check"),
            probe=older.probe(context.validation),
            intervals=lambda: itertools.repeat(rendered.interval),
            timeout=rendered.timeout,
        )
    assert spec.condition is not None  # noqa: S101 - a wait has one of the three
    timeout = spec.timeout.total if spec.timeout else None
    given = (one for one in (spec.max_wait, timeout) if one is not None)
    return PollOptions(
        condition=spec.condition,
        location=spec.location_of("condition"),
        probe=spec.request or spec.database,
        intervals=lambda: itertools.repeat(spec.interval),
        timeout=next(given, _DEFAULT_TIMEOUT),
    )
