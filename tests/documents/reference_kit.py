"""What the parts of the reference share: texts in a language, tables."""

import re

import reference_texts as texts

from orchestrator.i18n import CHINESE, Translatable
from orchestrator.i18n.chinese import catalogue as of_the_service
from pytest_sisyphus.i18n.zh import catalogue

DEFAULT = re.compile(r" \(default: (.+)\)$")


def said(text, language):
    """A text of the code in the language."""
    if isinstance(text, Translatable):
        return text.said_in(language)
    if language == "en":
        made = texts.ENGLISH.get(text, text)
        assert not CHINESE.search(made), f"reference_texts.ENGLISH has no text for {text!r}"
        return made
    if re.search(r"[\u4e00-\u9fff]", text) or not text:
        return text
    chinese = texts.CHINESE | catalogue() | of_the_service()
    body = text if text in chinese else DEFAULT.sub("", text)
    made = chinese.get(body)
    assert made, f"reference_texts.CHINESE has no text for {body!r}"
    if body != text:
        value = DEFAULT.search(text)[1]
        said = catalogue().get(value) if " " in value else None  # one word is a value, no message
        made += f"（默认 {said or texts.CHINESE.get(value, value)}）"
    return made


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n" + "".join(f"| {' | '.join(map(cell, line))} |\n" for line in lines) + "\n"


def cell(text):
    return str(text).replace("\n", " ").replace("|", "\\|")


def code(*names):
    return ", ".join(f"`{name}`" for name in names)
