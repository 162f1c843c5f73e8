"""Signs of a Chinese keyboard where a notation has signs of ASCII."""

from typing import Final

from pytest_sisyphus.i18n import tr

#: full-width sign -> the one that is meant.
SIGNS: Final = {
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys("“”", '"'),
    **dict.fromkeys("‘’", "'"),
    "￥": "$",
    "。": ".",
    "、": ",",
    "【": "[",
    "】": "]",
    "\u3000": " ",
}


def sign_hint(sign: str) -> str:
    """`; …`, or nothing where it is no such sign."""
    if sign not in SIGNS:
        return ""
    return tr("; {sign!r} is a full-width sign: write {meant!r}", sign=sign, meant=SIGNS[sign])
