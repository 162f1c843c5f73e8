"""Which plain YAML scalars are more than text: those of JSON, hexadecimal numbers, `~`."""

import re
from collections.abc import Callable
from typing import Any, Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.numbers import NumberOutOfRangeError, number

_INTEGER: Final = r"[-+]?(?:0|[1-9][0-9]*)"
_TAG: Final = "tag:yaml.org,2002:"


def _integer(text: str) -> int:
    try:
        return int(text, 16) if "x" in text else int(text)
    except ValueError:
        raise ValueError(tr("a number of more than 4300 digits")) from None


def _float(text: str) -> float:
    try:
        return number(text)
    except NumberOutOfRangeError:
        raise ValueError(tr("a number beyond what a double can hold")) from None


#: (tag, pattern, possible first characters)
RESOLVERS: Final = (
    (f"{_TAG}bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    (f"{_TAG}null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    (f"{_TAG}int", re.compile(rf"^(?:{_INTEGER}|0x[0-9a-fA-F]+)$"), list("-+0123456789")),
    (
        f"{_TAG}float",
        re.compile(
            rf"^(?:{_INTEGER}\.[0-9]*(?:[eE][-+]?[0-9]+)?|{_INTEGER}[eE][-+]?[0-9]+"
            r"|[-+]?\.[0-9]+(?:[eE][-+]?[0-9]+)?)$"
        ),
        list("-+0123456789."),
    ),
    (f"{_TAG}merge", re.compile(r"^<<$"), ["<"]),
)

CONSTRUCTORS: Final[dict[str, Callable[[str], Any]]] = {
    f"{_TAG}str": str,
    f"{_TAG}bool": lambda text: text[0] in "tT",
    f"{_TAG}null": lambda _: None,
    f"{_TAG}int": _integer,
    f"{_TAG}float": _float,
    f"{_TAG}merge": str,
}
