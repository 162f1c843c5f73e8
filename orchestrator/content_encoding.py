"""Which encodings of an answer its reader takes (RFC 9110, 12.5.3)."""

import re
from typing import Final

_REFUSED: Final = re.compile(r"q=0(\.0*)?")


def accepts_gzip(accept_encoding: str) -> bool:
    """Of the value of the request's Accept-Encoding, empty where there is none."""
    for one in accept_encoding.lower().split(","):
        name, _, weight = one.replace(" ", "").partition(";")
        if name == "gzip":
            return not _REFUSED.fullmatch(weight)
    return False
