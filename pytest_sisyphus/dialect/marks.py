"""`tags` and `marks`: the pytest marks of a case, without arguments and with them."""

import builtins
import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, PlainValidator, ValidationInfo, WithJsonSchema

from ..errors import TemplateError
from ..located import Place, plain, texts
from ..marks import MARKS_WITH_A_MEANING
from ..registry import near
from ..render.condition import Condition, parse_condition
from ..render.template import is_template
from .reading import Reading, reading, refuse, shown, warn

_NO_MARKS: Final = frozenset({"parametrize", "usefixtures", "sisyphus"})
#: pytest asks them when the case is set up.
_CONDITIONAL: Final = frozenset({"skipif", "xfail"})
#: they mean something only with arguments, though what registers them does not say so.
_WITH_ARGUMENTS: Final = frozenset({"xdist_group"})
_NAME: Final = re.compile(r"[^\W\d]\w*")
#: of a registered `name(first, second=None): …`.
_SIGNATURE: Final = re.compile(
    r"(?P<name>[^\s:(]+)(?:\((?P<first>\s*[^\s,)=.*]*)(?P<after>[,)=]?))?"
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MarkWithArguments:
    name: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    #: of skipif and xfail: one that holds is enough.
    conditions: Sequence[Condition] = ()


def registered(lines: Sequence[str]) -> dict[str, str]:
    """What pytest and its plugins say of the marks they know: name -> the line about it."""
    return {found["name"]: line for line in lines if (found := _SIGNATURE.match(line))}


def _takes_arguments(name: str, known: Mapping[str, str]) -> bool:
    return name in _WITH_ARGUMENTS or known.get(name, "").startswith(f"{name}(")


def _needs_arguments(name: str, known: Mapping[str, str]) -> bool:
    """Its first argument has no default."""
    found = _SIGNATURE.match(known.get(name, ""))
    return name in _WITH_ARGUMENTS or bool(
        found and found["first"] and found["after"] in {",", ")"}
    )


def _signature(name: str, known: Mapping[str, str]) -> str:
    signature = known.get(name, "").partition(":")[0]
    return f" ({signature})" if "(" in signature else ""


def _tag(tag: str, info: ValidationInfo) -> str:
    if not tag.strip() or not tag.isprintable():
        raise refuse(f"a tag is one line of printable text, got {shown(tag)}")
    if "(" in tag:
        name = tag.partition("(")[0].strip()
        raise refuse(
            f"a tag takes no arguments; write marks: [{{{name or 'NAME'}: …}}] for {tag!r}"
        )
    if tag in MARKS_WITH_A_MEANING:
        raise refuse(
            f"{tag!r} is a mark with a meaning of its own, no tag; {MARKS_WITH_A_MEANING[tag]}"
        )
    known = reading(info).marks
    if _takes_arguments(tag, known):
        said = _signature(tag, known)
        raise refuse(
            f"{tag!r} is a mark that takes arguments{said}, no tag; write marks: [{{{tag}: …}}]"
        )
    return tag


def _mark(value: Any, info: ValidationInfo) -> MarkWithArguments:
    if isinstance(value, MarkWithArguments):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, given),) = value.items()
    else:
        name, given = value, None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise refuse(f"a mark is its name, or 'name: arguments', got {shown(value)}")
    if name in _NO_MARKS:
        raise refuse(f"{name!r} is no mark of a YAML case; {MARKS_WITH_A_MEANING[name]}")
    _refuse_unknown(name, getattr(value, "place", None), reading(info))
    args, kwargs = _arguments(given)
    if name in _CONDITIONAL:
        return _conditional(name, args, kwargs)
    _refuse_templates([args, kwargs])
    made = MarkWithArguments(name=str(name), args=plain(args), kwargs=plain(kwargs))
    _refuse_wrong(made, reading(info).marks)
    return made


def _refuse_unknown(name: str, place: Place | None, context: Reading) -> None:
    if not context.marks or name in context.marks:
        return
    message = f"no plugin that is loaded, and no ini option, registers the mark {name!r}"
    message += near(name, context.marks)
    if context.strict_marks:
        raise refuse(message, place)
    warn(message, place)


def _arguments(given: Any) -> tuple[list[Any], dict[str, Any]]:
    """A list gives positional ones, a mapping (also as the list's last item) named ones."""
    if given is None:
        return [], {}
    positional = list(given) if isinstance(given, list) else [given]
    named = positional.pop() if positional and isinstance(positional[-1], dict) else {}
    for key in named:
        if not isinstance(key, str) or not _NAME.fullmatch(key):
            raise refuse(f"an argument of a mark has a name, got {shown(key)}")
    return positional, dict(named)


def _conditional(name: str, args: list[Any], kwargs: dict[str, Any]) -> MarkWithArguments:
    conditions = [*args, *([kwargs.pop("condition")] if "condition" in kwargs else [])]
    if name == "skipif" and not conditions:
        raise refuse("skipif needs a condition: skipif: [condition, {reason: …}]")
    _refuse_templates(kwargs)
    if "raises" in kwargs:
        kwargs["raises"] = _exceptions(kwargs["raises"])
    return MarkWithArguments(
        name=str(name), kwargs=plain(kwargs), conditions=tuple(map(_condition, conditions))
    )


def _condition(value: Any) -> Condition:
    try:
        return parse_condition(value)
    except TemplateError as error:
        raise refuse(str(error), getattr(value, "place", None)) from error


def _exceptions(names: Any) -> tuple[type[BaseException], ...]:
    listed = names if isinstance(names, list) else [names]
    found = [getattr(builtins, one, None) if isinstance(one, str) else None for one in listed]
    if not all(isinstance(one, type) and issubclass(one, BaseException) for one in found):
        raise refuse(f"raises is the name of one of Python's exceptions, got {shown(names)}")
    return tuple(filter(None, found))


def _refuse_wrong(mark: MarkWithArguments, known: Mapping[str, str]) -> None:
    if not mark.args and not mark.kwargs and _needs_arguments(mark.name, known):
        raise refuse(f"the mark {mark.name!r} needs arguments{_signature(mark.name, known)}")
    if mark.name == "timeout":  # pytest-timeout ends the whole run for any other value
        seconds = mark.kwargs.get("timeout", next(iter(mark.args), None))
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise refuse(f"timeout takes a number of seconds, got {shown(seconds)}")


def _refuse_templates(value: Any) -> None:
    for text in texts(value):
        if is_template(text):
            raise refuse(
                "pytest reads marks before a case runs: ${…} stands only in the conditions of "
                "skipif and xfail",
                getattr(text, "place", None),
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
