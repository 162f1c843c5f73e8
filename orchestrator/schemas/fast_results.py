"""Usual results, read straight from their bytes: models that can explain themselves are slow.

What is read here is what the models read, to the value. Whatever is not surely right (a name in its
other spelling or of no field, a number as text, a text that no database stores) is left to them:
they say what is wrong with it.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, SchemaValidator, ValidationError
from pydantic_core import core_schema as core

from orchestrator.schemas.base import RequestModel
from orchestrator.schemas.fields import BIGGEST, DEEPEST, LONGEST_EXCHANGES, moment
from orchestrator.schemas.runner_requests import CaseResult, ManyResults, OneResult

#: the only way that a NUL comes in JSON.
_NUL: Final = rb"\u0000"
#: what Python strips of a text; in Rust `\s` is less.
_SPACE: Final = r"\s\x1c-\x1f"


def try_parse_fast(body: bytes, zone: ZoneInfo | None) -> OneResult | ManyResults | None:
    """The results of a request body; None where only the full models can tell (also by an error).
    Times without an offset are in `zone`."""
    if _NUL in body:
        return None
    validator = _MANY if b'"results"' in body else _ONE
    try:
        read: OneResult | ManyResults = validator.validate_json(body, context={"zone": zone})
    except ValidationError:
        return None
    return read


def _flat(document: dict[str, Any]) -> dict[str, Any]:
    """The document itself. Raises ValueError where `storable` would have to change it."""
    _stay_flat(document.values(), DEEPEST - 1)
    return document


def _stay_flat(values: Iterable[Any], depth: int) -> None:
    if not depth:
        raise ValueError("deep")
    for value in values:
        kind = type(value)
        if kind is dict:
            _stay_flat(value.values(), depth - 1)
        elif kind is list:
            _stay_flat(value, depth - 1)
        elif kind is float and not math.isfinite(value):
            raise ValueError("no number of JSON")


def _whole(least: int, most: int) -> CoreSchema:
    return core.int_schema(strict=True, ge=least, le=most)


def _prose(most: int | None = None) -> CoreSchema:
    """Empty, it was not given; of blanks only, the models may say so."""
    text = core.str_schema(strict=True, max_length=most, pattern=f"[^{_SPACE}]")
    return core.union_schema([text, _EMPTY], mode="left_to_right")


def _name(most: int) -> CoreSchema:
    pattern = f"(?s)^[^{_SPACE}](.*[^{_SPACE}])?$"
    return core.str_schema(strict=True, max_length=most, pattern=pattern)


#: an empty text as None, which no schema does by itself.
_EMPTY: Final = core.chain_schema(
    [
        core.literal_schema([""]),
        core.with_default_schema(core.none_schema(), default=None, on_error="default"),
    ]
)
_ID: Final = _whole(1, BIGGEST)
_MOMENT: Final = core.with_info_plain_validator_function(moment)
_BATCH: Final = {"execution_id": _ID, "runner_id": _name(64), "execution_no": _prose()}
_CASE: Final = {
    "execution_case_id": _ID,
    "case_id": _ID,
    "plan_case_id": _ID,
    "status": _whole(1, 7),
    "pytest_nodeid": _prose(),
    "result_message": _prose(),
    "error_message": _prose(),
    "stack_trace": _prose(),
    "report_url": _prose(4000),
    "duration_seconds": core.float_schema(strict=True, ge=0, allow_inf_nan=False),
    "started_time": _MOMENT,
    "finished_time": _MOMENT,
    "retry_count": _whole(0, 2**31 - 1),
    "ext": core.no_info_after_validator_function(
        _flat, core.dict_schema(core.str_schema(), core.any_schema(), strict=True)
    ),
    "result_id": _name(255),
    "exchanges": _prose(LONGEST_EXCHANGES),
}


class _Case(CaseResult, defer_build=True):
    """Deferred: of a class that is complete, pydantic would take the validator that it has."""


class _One(OneResult, defer_build=True):
    pass


class _Many(ManyResults, defer_build=True):
    pass


def _plain(shape: type[RequestModel], kinds: Mapping[str, CoreSchema]) -> CoreSchema:
    fields = {
        name: core.model_field(
            _given(kind, shape.model_fields[name]), validation_alias=to_camel(name)
        )
        for name, kind in kinds.items()
    }
    return core.model_schema(shape, core.model_fields_schema(fields, extra_behavior="forbid"))


def _given(kind: CoreSchema, field: Any) -> CoreSchema:
    """As in the model; null is not given, so it is nothing but a default of None."""
    if field.is_required():
        return kind
    if field.default is None:
        kind = core.nullable_schema(kind)
    return core.with_default_schema(kind, default=field.default)


_RESULTS: Final = core.list_schema(_plain(_Case, _CASE), strict=True, min_length=1, max_length=1000)
_ONE: Final = SchemaValidator(_plain(_One, {**_BATCH, **_CASE}))
_MANY: Final = SchemaValidator(_plain(_Many, {**_BATCH, "results": _RESULTS}))
