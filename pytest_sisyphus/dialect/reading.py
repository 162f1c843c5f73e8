"""What validation of a case file looks up, and how its errors get their place."""

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import ValidationInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from .. import jsontext
from ..located import NOWHERE, LocatedDict, LocatedList, Place
from ..models.parts import AuthType, CheckType, ExtractorType, Function
from ..registry import Registry, near
from .notation import slip


class StepKind(Protocol):
    """A registered step type, as far as reading a file needs to know it."""

    @property
    def name(self) -> str: ...

    @property
    def aliases(self) -> tuple[str, ...]: ...

    @property
    def spec(self) -> type[Any]: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Reference:
    """A name in a case, of a step or of a database that stands elsewhere in it."""

    name: str
    place: Place | None
    #: it is read whenever its text is, whatever else holds.
    sure: bool = False


class SisyphusWarning(UserWarning):
    """Something in a case file that runs, but not as its author may think."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading:
    """The context of one validation."""

    steps: Registry[Any]
    checks: Registry[CheckType]
    extractors: Registry[ExtractorType]
    functions: Registry[Function]
    auth_types: Registry[AuthType]
    #: a path written at a place -> the file, inside the roots. Raises SpecError.
    resolve: Callable[[str, Place], Path]
    unknown_keys: Literal["error", "warn"] = "error"
    #: what `steps["name"]` asks for in the templates and conditions of the case being read.
    named_steps: list[Reference] = dataclasses.field(default_factory=list)
    #: what `db_query` asks for there: aliases of `config.databases`.
    queried_databases: list[Reference] = dataclasses.field(default_factory=list)
    #: aliases of `config.databases` that stand where a database may.
    named_databases: list[Reference] = dataclasses.field(default_factory=list)
    #: variables that the command line gives.
    given: frozenset[str] = frozenset()
    #: the profile that the command line chose.
    profile: str | None = None
    #: the registered pytest marks: name -> the line about it; empty where nobody knows them.
    marks: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: unregistered marks are refused.
    strict_marks: bool = False
    #: templates are already replaced: every text is final.
    rendered: bool = False


def reading(info: ValidationInfo) -> Reading:
    assert isinstance(info.context, Reading), "a model of the dialect is read with a Reading"  # noqa: S101 - a programmer's error
    return info.context


def refuse(message: str, place: Place | None = None, **more: Any) -> PydanticCustomError:
    """An error of ours. `place` where it is known better than from the key path."""
    return PydanticCustomError("dialect", "{message}", {"message": message, "place": place, **more})


def refuse_key(key: Any, known: Mapping[str, Any], place: Place) -> InitErrorDetails:
    """An unknown key; `unknown_key` tells those who know where it would belong."""
    hint = slip(key, anywhere=True) or near(str(key), known)
    error = refuse(f"unknown key {key!r}{hint}", place, unknown_key=key)
    return InitErrorDetails(type=error, loc=(key if type(key) is int else str(key),), input=key)


def placed(error: ErrorDetails, value: Any) -> InitErrorDetails:
    """The error with its place in `value`, the mapping that was read, in the dialect's words."""
    context = error.get("ctx") or {}
    if error["type"] == "dialect" and context.get("place"):
        made = refuse(**context)
    else:
        message = context["message"] if error["type"] == "dialect" else _worded(error)
        made = refuse(message, locate(value, error["loc"]))
    return InitErrorDetails(type=made, loc=error["loc"], input=error["input"])


def locate(value: Any, loc: Sequence[str | int], *, key: bool = False) -> Place | None:
    """The place of the value (or the key) that `loc` leads to, or of the nearest around it."""
    place: Place | None = getattr(value, "place", None)
    if place == NOWHERE:
        return None
    for step in loc:
        places = getattr(value, "key_places" if key else "places", None)
        if isinstance(value, LocatedDict) and step in value:
            place = places[step] if places else place
        elif isinstance(value, LocatedList) and isinstance(step, int) and step < len(value):
            place = value.places[step]
        else:
            continue
        value = value[step]
    return place


def _worded(error: ErrorDetails) -> str:
    kind, given = error["type"], error["input"]
    if kind == "missing":
        return f"{str(error['loc'][-1])!r} is missing"
    wanted = _WANTED.get(kind)
    if wanted is None:
        return f"{error['msg'][:1].lower()}{error['msg'][1:]}, got {shown(given)}"
    return f"expected {wanted}, got {shown(given)}"


_WANTED = {
    "string_type": "text (put quotes around it)",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
    "model_type": "a mapping",
}


def shown(value: Any) -> str:
    """A value as a short part of a message."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = jsontext.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}…"


def warn(message: str, place: Place | None) -> None:
    warnings.warn(f"{place.exact}: {message}" if place else message, SisyphusWarning, stacklevel=2)
