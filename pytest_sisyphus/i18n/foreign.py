"""What libraries say, which have no Chinese of their own."""

import re
from collections.abc import Iterable

from pytest_sisyphus.i18n import language, tr


def translated(text: str, messages: Iterable[str]) -> str:
    """In the language of this process if it is one of the library's `messages`, else as it is."""
    if language() == "en":
        return text
    for message in messages:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(message))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return tr(message, **found.groupdict())
    return text
