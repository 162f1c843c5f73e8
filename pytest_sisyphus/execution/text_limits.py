"""Masking and shortening the texts of results that leave this machine."""

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.redact import redact_text
from pytest_sisyphus.values.surrogates import replace_surrogates


def masked(text: str, limit: int) -> str:
    return shortened(redact_text(text), limit)


def storable(text: str) -> str:
    """Without what JSON can hold but databases refuse: lone surrogates, and NUL."""
    return replace_surrogates(text).replace("\0", "\\0")


def shortened(text: str, limit: int) -> str:
    """Beginning and end, with a note of what was left out between them."""
    left_out = len(text) - limit
    if left_out <= 0:
        return storable(text)
    kept = limit // 3
    beginning, end = text[:kept], text[kept + left_out :]
    return storable(
        tr(
            "{beginning}\n… {left_out} characters left out …\n{end}",
            beginning=beginning,
            left_out=left_out,
            end=end,
        )
    )
