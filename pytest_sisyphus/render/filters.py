"""The filters of expressions: Jinja2's that make new plain values, and our own of the same name."""

import functools
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from jinja2.filters import FILTERS as JINJA
from jinja2.runtime import Context
from jinja2.utils import pass_context

from pytest_sisyphus import jsontext
from pytest_sisyphus.numerals import number, spelled_number

from . import growth
from .comparing import compare
from .sandbox import ScopeContext, known
from .text import UnevaluableError, json_text, kind_of, shown

_ABSENT: Any = object()
_AS_IN_JINJA = """abs capitalize count d default dictsort filesizeformat first float groupby last
    length lower max min sort sum title trim truncate upper urlencode wordcount"""
_LAZY_IN_JINJA = """items map reject rejectattr reverse select selectattr unique"""


def _listed(lazy: Callable[..., Any]) -> Callable[..., Any]:
    """Jinja2's generators as lists: a value is data, and a missing member is an error."""

    @functools.wraps(lazy)
    def listed(*args: Any, **kwargs: Any) -> Any:
        result = lazy(*args, **kwargs)
        return result if isinstance(result, str) else [known(one) for one in result]

    return listed


def _number(convert: Callable[[Any], Any]) -> Callable[..., Any]:
    """Without a default, what is no number is an error rather than 0."""

    def converted(value: Any, default: Any = _ABSENT) -> Any:
        try:
            return convert(value)
        except (TypeError, ValueError, OverflowError) as exc:
            if default is _ABSENT:
                raise UnevaluableError(f"{shown(value)} is no number") from exc
            return default

    return converted


def _whole(value: Any) -> int:
    try:
        return int(value)
    except ValueError:
        return int(float(value))


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    rounds = {"common": round, "ceil": _scaled(math.ceil), "floor": _scaled(math.floor)}
    if abs(precision) > 300 or method not in rounds:
        raise UnevaluableError("round takes up to 300 digits, and common, ceil or floor")
    return float(rounds[method](value, precision))


def _scaled(rounded: Callable[[float], int]) -> Callable[[float, int], float]:
    return lambda value, digits: rounded(value * 10.0**digits) / 10.0**digits


def _join(values: Any, separator: str = "", attribute: str | None = None) -> str:
    if attribute is not None:
        values = [_member(one, attribute) for one in values]
    return growth.join(separator, values)


def _member(value: Any, attribute: str) -> Any:
    if isinstance(value, Mapping) and attribute in value:
        return value[attribute]
    raise UnevaluableError(f"{kind_of(value)} has no {attribute!r}")


def _list(value: Any) -> list[Any]:
    return list(value)


def _tojson(value: Any, indent: int | None = None) -> str:
    if indent is None:
        return json.dumps(value) if isinstance(value, str) else json_text(value)
    json_text(value)  # refuses what is too large or no JSON
    return jsontext.dumps(value, ensure_ascii=False, indent=min(indent, 16))


@pass_context
def _random(context: Context, values: Any) -> Any:
    """The seeded one, as `choice()`."""
    names = context.names if isinstance(context, ScopeContext) else None
    if names is None or "choice" not in names.functions:
        raise UnevaluableError("there is no function choice() to pick one")
    return names.functions["choice"].call(values)


_TRUTH = dict.fromkeys(["true", "1", "yes", "y", "ok", "on", "success"], True) | dict.fromkeys(
    ["false", "0", "no", "n", "off", "", "null"], False
)


def truth_word(text: str) -> bool | None:
    return _TRUTH.get(text.strip().lower())


def truth(value: Any) -> bool:
    """A lone value in a condition. Raises UnevaluableError for what is neither true nor false."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, int | float):
        return value != 0
    word = truth_word(value) if isinstance(value, str) else None
    if word is None:
        raise UnevaluableError(
            f"{kind_of(value)} ({shown(value)}) is neither true nor false",
            "; write a comparison, such as == or contains",
        )
    return word


class _Judged:
    """A value that and and or see the truth of, as that of a lone one."""

    __slots__ = ("_holds", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self._holds = truth(value)

    def __bool__(self) -> bool:
        return self._holds


def _unjudged(value: Any) -> Any:
    return value.value if isinstance(value, _Judged) else value


def _product(left: Any, right: Any) -> Any:
    """In a condition: `${count} * 2` of a text would repeat it, and "55" be more than 50."""
    text = next((one for one in (left, right) if isinstance(one, str)), None)
    if text is not None:
        raise UnevaluableError(
            f"text ({shown(text)}) is not multiplied", "; make it a number: | int or | float"
        )
    return growth.multiply(left, right)


def _sum(left: Any, right: Any) -> Any:
    """In a condition: "5" + "5" would be "55", and more than 50."""
    texts = isinstance(left, str) and isinstance(right, str)
    if texts and None not in (spelled_number(left), spelled_number(right)):
        raise UnevaluableError(
            f"{shown(left)} + {shown(right)} can be a number or a text",
            "; make numbers of them with | int or | float, or join them with ~",
        )
    return growth.add(left, right)


#: named so that no filter of an author can mean them.
INTERNAL: dict[str, Callable[..., Any]] = {
    " known": known,
    " concat": growth.concat,
    " compare": compare,
    " number": number,
    " truth": truth,
    " judged": _Judged,
    " unjudged": _unjudged,
    " product": _product,
    " sum": _sum,
}

FILTERS: dict[str, Callable[..., Any]] = {
    **{name: JINJA[name] for name in _AS_IN_JINJA.split()},
    **{name: _listed(JINJA[name]) for name in _LAZY_IN_JINJA.split()},
    "center": lambda text, width=80: growth.METHODS["center"](text, width),
    "float": _number(float),
    "format": lambda text, *args, **named: growth.percent_format(text, named or args),
    "int": _number(_whole),
    "join": _join,
    "list": _list,
    "random": _random,
    "replace": growth.replace,
    "round": _round,
    "string": json_text,
    "tojson": _tojson,
}
