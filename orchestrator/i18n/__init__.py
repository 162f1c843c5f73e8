"""What the service says to people. A sentence stands in the code in one language:

    raise BadRequest(tr("计划 {plan} 不存在", plan=7))
    raise StartupError(tr("cannot read the plans {file}: {reason}", file=file, reason=reason))

Answers are Chinese there, with their English in `english`; what commands say is English, with its
Chinese in `chinese`. What is said is a text as any other: so it is logged and stored. Until then it
knows what it was made of, and can be said in the other language, in answers by `in_language`, in a
terminal by `cli.terminal`: no thread and no background task has to know who asks.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Self

Language = Literal["zh", "en"]
#: also of full width: what only joins two parts.
CHINESE: Final = re.compile("[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]")
#: a place for a value; its name is what both languages have in common.
PLACE: Final = re.compile(r"\{(\w+)\}")


class Translatable(str):
    """A sentence that can still be said in the other language."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object]) -> Self:
        self = super().__new__(cls, template.format_map(values))
        self.template, self.values = template, values
        return self

    def __getnewargs__(self) -> tuple[str, Mapping[str, object]]:  # type: ignore[override]  # copies
        return self.template, self.values

    def said_in(self, language: Language) -> str:
        values = {
            name: value.said_in(language)
            if isinstance(value, Translatable)
            else in_language(value, language)
            for name, value in self.values.items()
        }
        return _catalogue(language).get(self.template, self.template).format_map(values)


def tr(template: str, /, **values: object) -> Translatable:
    """The template, which is one literal of whole words, with its `{places}` filled."""
    return Translatable(template, values)


def marked(template: str, /) -> str:
    """The template as it is: for constants, whose values are known where `tr` is called."""
    return template


def joined(parts: Sequence[str], separator: str = ", ") -> str:
    """One text of several, each of which may be a sentence."""
    named = {f"part{number}": one for number, one in enumerate(parts)}
    return Translatable(separator.join(f"{{{name}}}" for name in named), named)


def said_by(error: BaseException) -> str:
    """What an error says, as a sentence where it is one of ours."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Translatable) else str(error)


def in_language(data: Any, language: str) -> Any:
    """An answer, whose sentences are Chinese, in the language; a text that was stored stays as it
    was."""
    return _in_english(data) if language == "en" else data


#: the types of most values, which are left without a call: an answer has a hundred thousand.
_UNTRANSLATED: Final = frozenset({str, int, float, bool, type(None)})


def _in_english(data: Any) -> Any:
    if isinstance(data, Translatable):
        return data.said_in("en")
    if isinstance(data, dict):
        return {
            name: value if type(value) in _UNTRANSLATED else _in_english(value)
            for name, value in data.items()
        }
    if isinstance(data, list | tuple):
        return [value if type(value) in _UNTRANSLATED else _in_english(value) for value in data]
    return data


def recalled(text: str, _depth: int = 0) -> str:
    """A text that was stored, as what it was when it was made, as far as that can be told."""
    if isinstance(text, Translatable) or _depth > _DEEPEST:
        return text
    parts: list[str] = []
    rest = text
    while rest:
        said, end = _first_sentence(rest, _depth)
        parts.append(said)
        rest = rest[end:]
    if not any(isinstance(one, Translatable) for one in parts):
        return text
    return joined(parts, "")


#: a reason in a reason, …; each is a frame.
_DEEPEST: Final = 50
_NEXT_MACHINE: Final = re.compile(r"；第 \d+ 台：")


def _first_sentence(text: str, depth: int) -> tuple[str, int]:
    """What the text begins with, and where that ends; all of it where it is not ours."""
    for pattern, template in _stored_patterns() if CHINESE.search(text) else ():
        if found := pattern.match(text):
            values, end = found.groupdict(), found.end()
            if template.endswith("}"):  # its value goes on, but not into the next machine's
                last = PLACE.findall(template)[-1]
                values[last] = _own(values[last])
                end = found.start(last) + len(values[last])
            recalled_values = {name: recalled(one, depth + 1) for name, one in values.items()}
            return Translatable(template, recalled_values), end
    return text, len(text)


def _own(reason: str) -> str:
    """Without what follows it in a list of machines: the next one, or the closing bracket."""
    if following := _NEXT_MACHINE.search(reason):
        return reason[: following.start()]
    is_closing = reason.endswith("）") and reason.count("）") > reason.count("（")
    return reason[:-1] if is_closing else reason


def preferred_language(accept_language: str) -> Language:
    """English where the header wants it more than Chinese (RFC 9110); what is asked of neither, and
    `*`, is answered in Chinese."""
    best, chosen = 0.0, "zh"
    for part in accept_language.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        known = "zh" if name == "*" else name.partition("-")[0]
        if known in {"zh", "en"} and (quality := _quality(parameters)) > best:
            best, chosen = quality, known
    return "en" if chosen == "en" else "zh"


_QUALITY: Final = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def _quality(parameters: list[str]) -> float:
    """The `q` of a language; 0 where it cannot be read."""
    if not parameters:
        return 1.0
    found = _QUALITY.fullmatch(parameters[0])
    return float(found[1]) if found and len(parameters) == 1 else 0.0


@functools.cache
def _catalogue(language: Language) -> Mapping[str, str]:
    """Sentences of the other language in this one."""
    if language == "zh":
        from orchestrator.i18n import chinese  # noqa: PLC0415 - only for those who read it

        return chinese.catalogue()
    from orchestrator.i18n import english  # noqa: PLC0415 - as above

    return english.catalogue()


@functools.cache
def _stored_patterns() -> list[tuple[re.Pattern[str], str]]:
    """The longest first: one may begin as another does."""
    from orchestrator.i18n import english  # noqa: PLC0415 - only for those who read it

    ordered = sorted(english.STORED, key=len, reverse=True)
    return [(re.compile(_pattern(template), re.DOTALL), template) for template in ordered]


def _pattern(template: str) -> str:
    """A value is as short as can be; what ends a sentence may be anything. One that ends in a word
    is no beginning of a longer one."""
    pieces = PLACE.split(template)
    text = re.escape(pieces[0])
    for name, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        text += f"(?P<{name}>.*{'?' * bool(literal)})" + re.escape(literal)
    return text if template[-1] in "}：；（）" else text + r"(?=\Z|[：；（）。，])"
