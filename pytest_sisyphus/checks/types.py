"""The names of types, as cases spell them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pytest_sisyphus.values.numbers import is_number


def _is(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("str", "string"), _is(str)),
    **dict.fromkeys(
        ("int", "integer"), lambda value: isinstance(value, int) and not isinstance(value, bool)
    ),
    "float": lambda value: is_number(value) and not isinstance(value, int),
    "number": is_number,
    **dict.fromkeys(("bool", "boolean"), _is(bool)),
    **dict.fromkeys(("list", "array"), _is(list, tuple)),
    **dict.fromkeys(("dict", "object"), _is(dict)),
    **dict.fromkeys(("null", "none"), _is(type(None))),
}


def type_of(value: Any) -> str:
    """The first name that fits."""
    return next((name for name, fits in TYPES.items() if fits(value)), type(value).__name__)
