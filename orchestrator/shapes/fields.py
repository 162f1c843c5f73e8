"""The types that requests are made of. Complaints are Chinese and never repeat the value."""

import datetime as dt
import math
import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from orchestrator.clock import from_wire

#: what every reader of JSON takes as it stands: a script's numbers are doubles.
BIGGEST: Final = 2**53 - 1
#: entries of one request.
MOST: Final = 20_000
#: more digits than any number of ours, and fewer than Python reads.
_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DEEPEST: Final = 100
#: for readers of the description: a moment is read by `from_wire`.
_MOMENT: Final = (
    "^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])[ T]"
    "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?$"
)


def _complaint(text: str) -> PydanticCustomError:
    return PydanticCustomError("complaint", text)


def _whole(value: Any) -> Any:
    """An integer, as a number or as digits; `true` is not 1."""
    if type(value) is int:
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _complaint("必须为整数")
    return value


def _number(value: Any) -> Any:
    """A finite number, as such or as text."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise _complaint("必须为数字") from error
    if not math.isfinite(number):
        raise _complaint("必须为数字")
    return number


def _flag(value: Any) -> Any:
    known = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).lower() if isinstance(value, bool | int | str) else ""
    if text not in known:
        raise _complaint("必须为布尔值")
    return known[text]


def _text(value: Any) -> str:
    """No number, and nothing that no database stores."""
    if not isinstance(value, str):
        raise _complaint("必须为字符串")
    if _UNSTORABLE.search(value):
        raise _complaint("含有非法字符")
    return value


def _name(value: Any) -> Any:
    """Text that identifies something."""
    return _text(value).strip()


def clean(value: str) -> str:
    """What no database stores becomes U+FFFD: a result is never lost for one byte."""
    return _UNSTORABLE.sub("\ufffd", value)


def _prose(value: Any) -> Any:
    if not isinstance(value, str):
        raise _complaint("必须为字符串")
    return clean(value)


def _moment(value: Any, info: ValidationInfo) -> Any:
    try:
        return from_wire(value, (info.context or {}).get("zone"))
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        raise _complaint("时间格式应为 YYYY-MM-DD HH:MM:SS 或带时区的 ISO 8601") from error


def _document(value: Any) -> Any:
    if not isinstance(value, dict):
        raise _complaint("必须为对象")
    return storable(value)


def storable(value: Any, depth: int = 0) -> Any:
    """A JSON value that every database and every JSON reader takes."""
    if depth > _DEEPEST:
        return "(nested too deeply)"
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {clean(key): storable(item, depth + 1) for key, item in value.items()}
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Id = Annotated[Whole, Field(ge=1, le=BIGGEST)]
Natural = Annotated[Whole, Field(ge=0, le=BIGGEST)]
Count = Annotated[Whole, Field(ge=0, le=2**31 - 1)]
Number = Annotated[float, BeforeValidator(_number)]
Seconds = Annotated[Number, Field(ge=0)]
Flag = Annotated[bool, BeforeValidator(_flag)]
#: for readers of the description: not blank, no NUL; `_name` sees to it.
_NAMED: Final = Field(json_schema_extra={"pattern": r"^[^\u0000-\u0020\u007f-\u00a0\s][^\u0000]*$"})
Name = Annotated[str, StringConstraints(max_length=255), BeforeValidator(_name), _NAMED]
EnvCode = Annotated[str, StringConstraints(max_length=64), BeforeValidator(_name), _NAMED]
RunnerId = EnvCode
#: of any length, kept as it is: a title, a node id.
Text = Annotated[str, BeforeValidator(_text), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
Prose = Annotated[str, BeforeValidator(_prose)]
Remark = Annotated[str, StringConstraints(max_length=2000), BeforeValidator(_prose)]
Address = Annotated[str, StringConstraints(max_length=4000), BeforeValidator(_prose)]
Moment = Annotated[
    dt.datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "pattern": _MOMENT}),
]
Document = Annotated[dict[str, Any], BeforeValidator(_document)]


def _not_too_many(value: Any) -> Any:
    """Looked at before anything is made of them."""
    if isinstance(value, list) and len(value) > MOST:
        raise _complaint(f"不能超过 {MOST} 项")
    return value


#: beside a list's own type: the first thing that is looked at.
Bounded: Final = BeforeValidator(_not_too_many)
