"""Text that no Markdown of a chat platform takes for markup or for a mention.

None of them documents how to escape, so a character that could mean something is replaced by its
full-width twin: it looks the same and means nothing.
"""

import re
from typing import Final

_TWINS: Final = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in "<>&@*`~[]\\|!#"})
#: `test_login_ok` stays as it is: inside a word an underscore emphasises nothing.
_LOOSE_UNDERSCORE: Final = re.compile(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")


def inert(text: str) -> str:
    return _LOOSE_UNDERSCORE.sub("＿", text.translate(_TWINS))


def link(text: str, address: str) -> str:
    return f"[{inert(text)}]({address})"
