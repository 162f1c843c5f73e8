"""The one place where texts of a run are masked before they leave this machine."""

from ..redact import redact_text


def masked(text: str, limit: int) -> str:
    return shortened(redact_text(text), limit)


def storable(text: str) -> str:
    """Without what JSON can carry but databases refuse: halves of characters, and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\\0")


def shortened(text: str, limit: int) -> str:
    """Beginning and end, with a note of what was left out between them."""
    left_out = len(text) - limit
    if left_out <= 0:
        return storable(text)
    head = limit // 3
    tail = text[head + left_out :]
    return storable(f"{text[:head]}\n… {left_out} characters left out …\n{tail}")
