"""Values as text: what patterns search in and what sentences call them."""

from typing import Any, Final

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values import exact_json

#: digits that Python will print; more raise ValueError.
_PRINTABLE_BITS: Final = 13_000


def compact_text(value: Any) -> str:
    """Text itself, everything else as compact JSON (`true`, `null`, `{"a":1}`)."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int) and value.bit_length() > _PRINTABLE_BITS:
        return tr("(a number of {count} bits)", count=value.bit_length())
    try:
        return exact_json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except (TypeError, ValueError, RecursionError):
        return tr("(a {type} that JSON cannot show)", type=type(value).__name__)
