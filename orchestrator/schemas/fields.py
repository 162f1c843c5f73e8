"""The types that requests are made of. Complaints never repeat the value."""

import datetime as dt
import json
import math
import re
from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from orchestrator.clock import from_wire
from orchestrator.i18n import Translatable, tr

#: what every reader of JSON takes as it stands: a script's numbers are doubles.
BIGGEST: Final = 2**53 - 1
#: entries of one request.
MOST: Final = 20_000
#: ids that the query of a list may name.
MOST_NAMED: Final = 500
#: more digits than any number of ours, and fewer than Python reads.
_INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
DEEPEST: Final = 100
#: type of our own complaints.
INVALID: Final = "invalid"
_DAY_CHARS: Final = len("2026-03-02")
#: for readers of the description: a moment is read by `from_wire`.
_DATE: Final = "(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
_CLOCK: Final = "[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?"
_MOMENT: Final = f"^{_DATE}{_CLOCK}$"
_DAY: Final = WithJsonSchema({"type": "string", "pattern": f"^{_DATE}({_CLOCK})?$"})


def invalid(said: Translatable) -> PydanticCustomError:
    """The complaint, which is in the error's context as it is."""
    return PydanticCustomError(INVALID, "{said}", {"said": said})


def _whole(value: Any) -> Any:
    """An integer, as a number or as digits; `true` is not 1."""
    if type(value) is int:
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(tr("必须为整数"))
    return value


def _number(value: Any) -> Any:
    """A finite number, as such or as text."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise invalid(tr("必须为数字")) from error
    if not math.isfinite(number):
        raise invalid(tr("必须为数字"))
    return number


def _flag(value: Any) -> Any:
    known = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).lower() if isinstance(value, bool | int | str) else ""
    if text not in known:
        raise invalid(tr("必须为布尔值"))
    return known[text]


def _text(value: Any) -> str:
    """No number, and nothing that no database stores."""
    if not isinstance(value, str):
        raise invalid(tr("必须为字符串"))
    if _UNSTORABLE.search(value):
        raise invalid(tr("含有非法字符"))
    return value


def _name(value: Any) -> Any:
    """Text that identifies something."""
    return _text(value).strip()


def clean(value: str) -> str:
    """What no database stores becomes U+FFFD: a result is never lost for one byte."""
    try:  # nearly always nothing has to go, and a pattern looks for it thirty times as long
        value.encode()
    except UnicodeEncodeError:
        return _UNSTORABLE.sub("\ufffd", value)
    return value.replace("\0", "\ufffd")


def _prose(value: Any) -> Any:
    if not isinstance(value, str):
        raise invalid(tr("必须为字符串"))
    return clean(value)


def moment(value: Any, info: ValidationInfo) -> Any:
    try:
        return from_wire(value, (info.context or {}).get("zone"))
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        raise invalid(tr("时间格式应为 YYYY-MM-DD HH:MM:SS 或带时区的 ISO 8601")) from error


def _view(value: Any) -> Any:
    if value != "brief":
        raise invalid(tr("只接受 brief"))
    return value


def _end_of_day(value: Any, info: ValidationInfo) -> Any:
    """A moment, or a day: its end."""
    end = moment(value, info)
    is_day = len(value.strip()) == _DAY_CHARS
    return end + dt.timedelta(days=1, microseconds=-1) if is_day else end


def _one_of_many(last: int) -> Callable[[Any], Any]:
    """`3`, or several: `3,5`; each from 0 to `last`."""

    def numbers(value: Any) -> Any:
        found = {_whole(one) for one in (value.split(",") if isinstance(value, str) else [value])}
        if max(found) > last:
            raise invalid(tr("不能大于 {le}", le=last))
        if min(found) < 0:
            raise invalid(tr("不能小于 {ge}", ge=0))
        return sorted(found)

    return numbers


def _numbers(value: Any) -> Any:
    """`7`, or several: `7,8`."""
    found = [_whole(one) for one in (value.split(",") if isinstance(value, str) else [value])]
    if len(found) > MOST_NAMED:
        raise invalid(tr("不能超过 {most} 个", most=MOST_NAMED))
    if min(found) < 1 or max(found) > BIGGEST:
        raise invalid(tr("应在 1 与 {most} 之间", most=BIGGEST))
    return found


def _document(value: Any) -> Any:
    if not isinstance(value, dict):
        raise invalid(tr("必须为对象"))
    return storable(value)


def storable(value: Any, depth: int = 0) -> Any:
    """A JSON value that every database and every JSON reader takes."""
    if depth > DEEPEST:
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
#: machines of one execution.
Shards = Annotated[Whole, Field(ge=1, le=64)]
#: of any length, kept as it is: a title, a node id.
Text = Annotated[str, BeforeValidator(_text), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
#: what somebody signs in with.
Login = Annotated[str, BeforeValidator(_text), _NAMED]
Prose = Annotated[str, BeforeValidator(_prose)]
Remark = Annotated[str, StringConstraints(max_length=2000), BeforeValidator(_prose)]
Address = Annotated[str, StringConstraints(max_length=4000), BeforeValidator(_prose)]
Moment = Annotated[
    dt.datetime,
    BeforeValidator(moment),
    WithJsonSchema({"type": "string", "pattern": _MOMENT}),
]
#: of a filter: a moment or a day, which counts whole.
Since = Annotated[dt.datetime, BeforeValidator(moment), _DAY]
Until = Annotated[dt.datetime, BeforeValidator(_end_of_day), _DAY]
#: what a filter takes.
ExecutionStatuses = Annotated[
    list[int],
    BeforeValidator(_one_of_many(8)),
    WithJsonSchema({"type": "string", "pattern": "^[0-8](,[0-8])*$"}),
]
CaseStatuses = Annotated[
    list[int],
    BeforeValidator(_one_of_many(7)),
    WithJsonSchema({"type": "string", "pattern": "^[0-7](,[0-7])*$"}),
]
#: ids that a filter names.
Numbers = Annotated[
    list[int],
    BeforeValidator(_numbers),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,14}(,[1-9][0-9]{0,14}){0,499}$"}),
]
#: rows without what only one of them is asked for.
View = Annotated[str, BeforeValidator(_view), WithJsonSchema({"type": "string", "const": "brief"})]
Keyword = Annotated[str, StringConstraints(max_length=200), BeforeValidator(_prose)]
Document = Annotated[dict[str, Any], BeforeValidator(_document)]


def _exchanges(value: Any) -> str:
    """JSON text, which is only stored; no result is lost for it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= LONGEST_EXCHANGES:
        return clean(text)
    note = tr("超过 {most} 个字符，未保留", most=LONGEST_EXCHANGES)
    return json.dumps({"steps": [], "left_out": 0, "note": note}, ensure_ascii=False)


#: characters; pytest sends a quarter of it at most.
LONGEST_EXCHANGES: Final = 512 * 1024
Exchanges = Annotated[
    str,
    BeforeValidator(_exchanges),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]


def _not_too_many(value: Any) -> Any:
    """Looked at before anything is made of them."""
    if isinstance(value, list) and len(value) > MOST:
        raise invalid(tr("不能超过 {max_length} 项", max_length=MOST))
    return value


#: beside a list's own type: the first thing that is looked at.
Bounded: Final = BeforeValidator(_not_too_many)
