"""`type: wait`: some seconds, or until a condition holds."""

import itertools
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, ValidationInfo, model_validator

from ..dialect.model import Late, Model, Text, Value, When
from ..dialect.numbers import Pause, Seconds
from ..dialect.reading import Reading, reading, refuse
from ..dialect.step import StepSpec
from ..errors import TimedOut
from ..located import LocatedDict
from ..models.result import Outcome
from .looking import Search, search
from .probe import DatabaseBlock, RequestBlock, block
from .protocol import StepContext, StepType

_AT_MOST: Final = 30.0


class WaitCondition(Model):
    """The older spelling of a condition with its probe."""

    type: Annotated[Literal["api", "database"], Field(description="what is asked before a look")]
    request: Annotated[RequestBlock, Field(description="api: the keys of a request step")] = None
    database: Annotated[Value, Late, Field(description="database: alias, URL or settings")] = None
    sql: Annotated[Text | None, Late, Field(description="database: the query")] = None
    params: Annotated[Value, Late, Field(description="database: the query's values")] = None
    check: Annotated[
        When, Late, Field(description="sees status_code, body, headers, response or rows, row")
    ]
    interval: Annotated[Pause, Field(description="seconds between two looks")] = 2.0
    timeout: Annotated[Seconds, Field(description="seconds in all")] = 30.0

    @classmethod
    def normalise(cls, value: Any, info: ValidationInfo) -> LocatedDict:
        written = super().normalise(value, info)
        if written.get("type") == "database" and not reading(info).rendered:
            block("database")(_query(written), info)
        return written

    @model_validator(mode="after")
    def _complete(self) -> "WaitCondition":
        needed, foreign = _PROBE_KEYS[self.type]
        for key in foreign & self.model_fields_set:
            raise refuse(f"wait_condition of type {self.type!r} has {needed}, not {key}")
        if needed not in self.model_fields_set:
            raise refuse(f"wait_condition of type {self.type!r} needs {needed}")
        return self

    def probe(self, context: Reading) -> StepSpec | None:
        if self.type == "api":
            return self.request
        spec: StepSpec = context.steps["database"].spec.model_validate(
            _as_step(_query(self.written)), context=context
        )
        return spec


_QUERY_KEYS: Final = ("database", "sql", "params")
#: type -> what it must have, what it cannot have
_PROBE_KEYS: Final = {
    "api": ("request", {*_QUERY_KEYS}),
    "database": ("sql", {"request"}),
}


class WaitSpec(StepSpec):
    also_spelled: ClassVar[Mapping[str, str]] = {**StepSpec.also_spelled, "duration": "seconds"}

    wait_type: Annotated[
        Literal["delay", "condition"] | None, Field(description="delay: seconds; or condition")
    ] = None
    seconds: Annotated[Seconds | None, Field(description="just waits")] = None
    condition: Annotated[When | None, Late, Field(description="waits until it holds")] = None
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
        WaitCondition | None, Late, Field(description="an older spelling of all this")
    ] = None

    @model_validator(mode="after")
    def _one_way(self) -> "WaitSpec":
        given = [key for key in _WAYS if key in self.model_fields_set]
        if len(given) != 1:
            raise refuse(
                "wait has one of seconds, condition, wait_condition; "
                f"this one has {' and '.join(given) or 'none'}"
            )
        (way,) = given
        for key in _ONLY_WITH_CONDITION & self.model_fields_set:
            if way != "condition":
                raise refuse(f"{key} belongs to a wait with condition, not {way}")
        if self.wait_type and (self.wait_type == "delay") != (way == "seconds"):
            raise refuse(f"wait_type {self.wait_type!r} does not go with {way}")
        if self.request is not None and self.database is not None:
            raise refuse("a wait asks one thing: request or database")
        return self


_WAYS: Final = ("seconds", "condition", "wait_condition")
_ONLY_WITH_CONDITION: Final = {"interval", "max_wait", "request", "database"}


def run(spec: WaitSpec, context: StepContext) -> Outcome:
    if spec.seconds is not None:
        return _delay(spec.seconds, context)
    found = search(_wanted(spec, context), context)
    seen = found.outcome or Outcome(document={})
    return Outcome(
        document=found.document,
        unreadable=seen.unreadable,
        note=seen.note,
        needs_no_body=seen.needs_no_body,
        judged=True,
        error=found.failure,
    )


def _delay(seconds: float, context: StepContext) -> Outcome:
    began = context.clock.tick()
    left = max(context.until - began, 0.0)
    context.clock.sleep(min(seconds, left))
    if left < seconds:
        raise TimedOut(
            f"a wait of {round(seconds, 3):g} s does not fit into the {round(left, 3):g} s "
            "that were left"
        )
    return Outcome(document={"attempts": 0, "waited": round(context.clock.tick() - began, 3)})


def _wanted(spec: WaitSpec, context: StepContext) -> Search:
    if spec.wait_condition is not None:
        return _older(spec.wait_condition, context)
    assert spec.condition is not None  # noqa: S101 - see _one_way
    timeout = spec.timeout.total if spec.timeout else None
    given = next((one for one in (spec.max_wait, timeout) if one is not None), _AT_MOST)
    return Search(
        condition=spec.condition,
        place=spec.place_of("condition"),
        probe=spec.request or spec.database,
        pauses=lambda: itertools.repeat(spec.interval),
        at_most=given,
    )


def _older(written: WaitCondition, context: StepContext) -> Search:
    rendered = written.rendered(context.scope, context.reading)
    return Search(
        condition=rendered.check,
        place=written.place_of("check"),
        probe=written.probe(context.reading),
        pauses=lambda: itertools.repeat(rendered.interval),
        at_most=rendered.timeout,
    )


def _query(written: LocatedDict) -> LocatedDict:
    """The keys that make a database step."""
    made = LocatedDict(written.place)
    for key in _QUERY_KEYS:
        if key in written:
            places = written.places[key], written.key_places[key]
            made.put(key, written[key], place=places[0], key_place=places[1])
    return made


def _as_step(query: LocatedDict) -> LocatedDict:
    made = LocatedDict.of({"name": "database", "type": "database"}, query.place)
    for key in query:
        made.put(key, query[key], place=query.places[key], key_place=query.key_places[key])
    return made


WAIT = StepType(
    name="wait",
    spec=WaitSpec,
    run=run,
    description="waits some seconds, or until a condition holds",
)
