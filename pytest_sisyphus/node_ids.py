"""Names in node ids: what pytest prints of them can be given back to it as an argument."""

import re
from typing import Final

#: what would break a printed line, or steer the terminal.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_ROUND: Final = str.maketrans("[]", "()")


def name_in_id(name: str) -> str:
    """The name of a case or of a data row in node ids: one line, without blanks around it.

    Square brackets in front become round ones: pytest takes what begins with one for parameters,
    and prints their end.
    """
    text = _UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], name.strip())
    if "[" in text and not text.endswith("]"):
        text = text.translate(_ROUND)
    return text or name


def name_parts(name: str) -> list[str]:
    """The parts between `::`, as pytest takes an argument apart: not behind the first bracket."""
    names, bracket, parameters = name.partition("[")
    *outer, last = names.split("::")
    return [*outer, last + bracket + parameters]
