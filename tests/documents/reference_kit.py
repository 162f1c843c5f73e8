"""What the parts of the reference share: texts in a language, tables."""

import re

import reference_texts as texts

from pytest_sisyphus.spec.descriptions_zh import CHINESE

DEFAULT = re.compile(r" \(default: (.+)\)$")


def said(text, language):
    """A text of the code in the language."""
    if language == "en":
        return texts.ENGLISH.get(text, text)
    if re.search(r"[\u4e00-\u9fff]", text) or not text:
        return text
    body = DEFAULT.sub("", text) if text not in texts.CHINESE else text
    made = texts.CHINESE.get(body) or CHINESE.get(body)
    assert made, f"reference_texts.CHINESE has no text for {body!r}"
    if body != text:
        value = DEFAULT.search(text)[1]
        made += f"（默认 {texts.CHINESE.get(value, value)}）"
    return made


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n" + "".join(f"| {' | '.join(map(cell, line))} |\n" for line in lines) + "\n"


def cell(text):
    return str(text).replace("\n", " ").replace("|", "\\|")


def code(*names):
    return ", ".join(f"`{name}`" for name in names)
