"""The filters of expressions: Jinja2's that make new plain values, and our own of the same name."""

import functools
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from jinja2.filters import FILTERS as JINJA
from jinja2.runtime import Context
from jinja2.utils import pass_context

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template import limits
from pytest_sisyphus.template.comparison import compare
from pytest_sisyphus.template.sandbox import ScopeContext, require_value
from pytest_sisyphus.template.text import EvaluationError, json_text
from pytest_sisyphus.template.truthiness import truth
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.describe import kind_of, short_repr
from pytest_sisyphus.values.numbers import number, parse_number

_ABSENT: Any = object()
_AS_IN_JINJA = """abs capitalize count d default dictsort filesizeformat first float groupby last
    length lower max min sort sum title trim truncate upper urlencode wordcount"""
_LAZY_IN_JINJA = """items map reject rejectattr reverse select selectattr unique"""


def _listed(lazy: Callable[..., Any]) -> Callable[..., Any]:
    """Jinja2's generators as lists: a value is data, and a missing member is an error."""

    @functools.wraps(lazy)
    def listed(*args: Any, **kwargs: Any) -> Any:
        result = lazy(*args, **kwargs)
        return result if isinstance(result, str) else [require_value(one) for one in result]

    return listed


def _to_int(value: Any) -> int:
    try:
        return int(value)
    except ValueError:
        return int(float(value))


def _number(convert: Callable[[Any], Any]) -> Callable[..., Any]:
    """Without a default, what is no number is an error rather than 0."""

    def converted(value: Any, default: Any = _ABSENT) -> Any:
        try:
            return convert(value)
        except (TypeError, ValueError, OverflowError) as exc:
            if default is _ABSENT:
                raise EvaluationError(tr("{value} is no number", value=short_repr(value))) from exc
            return default

    return converted


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    rounds = {"common": round, "ceil": _scaled(math.ceil), "floor": _scaled(math.floor)}
    if abs(precision) > 300 or method not in rounds:
        raise EvaluationError(tr("round takes up to 300 digits, and common, ceil or floor"))
    return float(rounds[method](value, precision))


def _scaled(rounded: Callable[[float], int]) -> Callable[[float, int], float]:
    return lambda value, digits: rounded(value * 10.0**digits) / 10.0**digits


def _join(values: Any, separator: str = "", attribute: str | None = None) -> str:
    if attribute is not None:
        values = list(values)
        for one in values:
            if not isinstance(one, Mapping) or attribute not in one:
                raise EvaluationError(
                    tr("{kind} has no {name!r}", kind=kind_of(one), name=attribute)
                )
        values = [one[attribute] for one in values]
    return limits.join(separator, values)


def _list(value: Any) -> list[Any]:
    return list(value)


def _tojson(value: Any, indent: int | None = None) -> str:
    if indent is None:
        return json.dumps(value) if isinstance(value, str) else json_text(value)
    json_text(value)  # refuses what is too large or no JSON
    return exact_json.dumps(value, ensure_ascii=False, indent=min(indent, 16))


@pass_context
def _random(context: Context, values: Any) -> Any:
    """The seeded one, as `choice()`."""
    names = context.names if isinstance(context, ScopeContext) else None
    if names is None or "choice" not in names.functions:
        raise EvaluationError(tr("there is no function choice() to pick one"))
    return names.functions["choice"].call(values)


class _Operand:
    """A value that and and or see the truth of, as that of a lone one."""

    __slots__ = ("_holds", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self._holds = truth(value)

    def __bool__(self) -> bool:
        return self._holds


def _product(left: Any, right: Any) -> Any:
    """In a condition: `${count} * 2` of a text would repeat it, and "55" be more than 50."""
    text = next((one for one in (left, right) if isinstance(one, str)), None)
    if text is not None:
        raise EvaluationError(
            tr("text ({text}) is not multiplied", text=short_repr(text)),
            tr("; make it a number: | int or | float"),
        )
    return limits.multiply(left, right)


def _sum(left: Any, right: Any) -> Any:
    """`+` in a condition refuses two numbers in text: "5" + "5" would be "55", and more than 50."""
    texts = isinstance(left, str) and isinstance(right, str)
    if texts and None not in (parse_number(left), parse_number(right)):
        raise EvaluationError(
            tr(
                "{left} + {right} can be a number or a text",
                left=short_repr(left),
                right=short_repr(right),
            ),
            tr("; make numbers of them with | int or | float, or join them with ~"),
        )
    return limits.add(left, right)


#: named so that no filter of an author can mean them.
INTERNAL: dict[str, Callable[..., Any]] = {
    " known": require_value,
    " concat": limits.concat,
    " compare": compare,
    " number": number,
    " truth": truth,
    " judged": _Operand,
    " unjudged": lambda value: value.value if isinstance(value, _Operand) else value,
    " product": _product,
    " sum": _sum,
}

FILTERS: dict[str, Callable[..., Any]] = {
    **{name: JINJA[name] for name in _AS_IN_JINJA.split()},
    **{name: _listed(JINJA[name]) for name in _LAZY_IN_JINJA.split()},
    "center": lambda text, width=80: limits.METHODS["center"](text, width),
    "float": _number(float),
    "format": lambda text, *args, **named: limits.percent_format(text, named or args),
    "int": _number(_to_int),
    "join": _join,
    "list": _list,
    "random": _random,
    "replace": limits.replace,
    "round": _round,
    "string": json_text,
    "tojson": _tojson,
}
