"""`tags` and `marks`: the pytest marks of a case, without arguments and with them."""

import builtins
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, PlainValidator, ValidationInfo, WithJsonSchema

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location, plain, texts
from pytest_sisyphus.marks import RESERVED_MARKS
from pytest_sisyphus.spec.context import ValidationContext, context_of, invalid, warn
from pytest_sisyphus.template.condition import Condition, parse_condition
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.describe import short_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

_NO_MARKS: Final = frozenset({"parametrize", "usefixtures", "sisyphus"})
#: pytest asks them when the case is set up.
_CONDITIONAL: Final = frozenset({"skipif", "xfail"})
#: they mean something only with arguments, though what registers them does not say so.
_WITH_ARGUMENTS: Final = frozenset({"xdist_group"})
_NAME: Final = lazy_pattern(r"[^\W\d]\w*")
#: of a registered `name(first, second=None): …`.
_SIGNATURE: Final = lazy_pattern(
    r"(?P<name>[^\s:(]+)(?:\((?P<first>\s*[^\s,)=.*]*)(?P<after>[,)=]?))?"
)


@record
class MarkWithArguments:
    name: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    #: of skipif and xfail: one that holds is enough.
    conditions: Sequence[Condition] = ()


def parse_marker_lines(lines: Sequence[str]) -> dict[str, str]:
    """What pytest and its plugins say of the marks they know: name -> the line about it."""
    return {found["name"]: line for line in lines if (found := _SIGNATURE.match(line))}


def _signature(name: str, known: Mapping[str, str]) -> str:
    signature = known.get(name, "").partition(":")[0]
    return f" ({signature})" if "(" in signature else ""


def _tag(tag: str, info: ValidationInfo) -> str:
    if not tag.strip() or not tag.isprintable():
        said = tr("a tag is one line of printable text, got {tag}", tag=short_json(tag))
        raise invalid(said)
    if "(" in tag:
        name = tag.partition("(")[0].strip()
        raise invalid(
            tr(
                "a tag takes no arguments; write marks: [{{{name}: …}}] for {tag!r}",
                name=name or "NAME",
                tag=tag,
            )
        )
    if tag in RESERVED_MARKS:
        said = tr(
            "{tag!r} is a mark with a meaning of its own, no tag; {hint}",
            tag=tag,
            hint=tr(RESERVED_MARKS[tag]),
        )
        raise invalid(said)
    known = context_of(info).marks
    if tag in _WITH_ARGUMENTS or known.get(tag, "").startswith(f"{tag}("):
        said = tr(
            "{tag!r} is a mark that takes arguments{signature}, no tag; write marks: "
            "[{{{tag}: …}}]",
            tag=tag,
            signature=_signature(tag, known),
        )
        raise invalid(said)
    return tag


def _mark(value: Any, info: ValidationInfo) -> MarkWithArguments:
    if isinstance(value, MarkWithArguments):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, given),) = value.items()
    else:
        name, given = value, None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        said = tr("a mark is its name, or 'name: arguments', got {value}", value=short_json(value))
        raise invalid(said)
    if name in _NO_MARKS:
        hint = tr(RESERVED_MARKS[name])
        raise invalid(tr("{name!r} is no mark of a YAML case; {hint}", name=name, hint=hint))
    _refuse_unknown(name, getattr(value, "location", None), context_of(info))
    args, kwargs = _arguments(given)
    if name in _CONDITIONAL:
        return _conditional(name, args, kwargs)
    _refuse_templates([args, kwargs])
    made = MarkWithArguments(name=str(name), args=plain(args), kwargs=plain(kwargs))
    _validate_arguments(made, context_of(info).marks)
    return made


def _validate_arguments(mark: MarkWithArguments, known: Mapping[str, str]) -> None:
    if not mark.args and not mark.kwargs:
        found = _SIGNATURE.match(known.get(mark.name, ""))
        first_is_needed = found and found["first"] and found["after"] in {",", ")"}
        if mark.name in _WITH_ARGUMENTS or first_is_needed:
            said = tr(
                "the mark {name!r} needs arguments{signature}",
                name=mark.name,
                signature=_signature(mark.name, known),
            )
            raise invalid(said)
    if mark.name == "timeout":  # pytest-timeout ends the whole run for any other value
        seconds = mark.kwargs.get("timeout", next(iter(mark.args), None))
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            said = tr("timeout takes a number of seconds, got {value}", value=short_json(seconds))
            raise invalid(said)


def _refuse_unknown(name: str, location: Location | None, context: ValidationContext) -> None:
    if not context.marks or name in context.marks:
        return
    message = tr(
        "no plugin that is loaded, and no ini option, registers the mark {name!r}{hint}",
        name=name,
        hint=near(name, context.marks),
    )
    if context.strict_marks:
        raise invalid(message, location)
    warn(message, location)


def _arguments(given: Any) -> tuple[list[Any], dict[str, Any]]:
    """A list gives positional ones, a mapping (also as the list's last item) named ones."""
    if given is None:
        return [], {}
    positional = list(given) if isinstance(given, list) else [given]
    named = positional.pop() if positional and isinstance(positional[-1], dict) else {}
    for key in named:
        if not isinstance(key, str) or not _NAME.fullmatch(key):
            raise invalid(tr("an argument of a mark has a name, got {key}", key=short_json(key)))
    return positional, dict(named)


def _conditional(name: str, args: list[Any], kwargs: dict[str, Any]) -> MarkWithArguments:
    conditions = [*args, *([kwargs.pop("condition")] if "condition" in kwargs else [])]
    if name == "skipif" and not conditions:
        raise invalid(tr("skipif needs a condition: skipif: [condition, {{reason: …}}]"))
    _refuse_templates(kwargs)
    if "raises" in kwargs:
        names = kwargs["raises"] if isinstance(kwargs["raises"], list) else [kwargs["raises"]]
        found = [getattr(builtins, one, None) if isinstance(one, str) else None for one in names]
        if not all(isinstance(one, type) and issubclass(one, BaseException) for one in found):
            said = tr(
                "raises is the name of one of Python's exceptions, got {value}",
                value=short_json(kwargs["raises"]),
            )
            raise invalid(said)
        kwargs["raises"] = tuple(found)
    parsed: list[Condition] = []
    for value in conditions:
        try:
            parsed.append(parse_condition(value))
        except TemplateError as error:
            raise invalid(str(error), getattr(value, "location", None)) from error
    return MarkWithArguments(name=str(name), kwargs=plain(kwargs), conditions=parsed)


def _refuse_templates(value: Any) -> None:
    for text in texts(value):
        if is_template(text):
            raise invalid(
                tr(
                    "pytest reads marks before a case runs: ${{…}} stands only in the conditions "
                    "of skipif and xfail"
                ),
                getattr(text, "location", None),
            )


Tag = Annotated[str, AfterValidator(_tag)]
CaseMark = Annotated[
    Any,
    PlainValidator(_mark),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "minProperties": 1, "maxProperties": 1},
            ]
        }
    ),
]
