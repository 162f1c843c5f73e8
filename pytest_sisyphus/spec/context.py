"""What validation of a case file looks up, and how its errors get their location."""

import contextlib
import contextvars
import dataclasses
import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, Protocol, TypeVar

from pydantic import ValidationInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.registry import Named, Registry, near
from pytest_sisyphus.extensions.types import AuthType, CheckType, ExtractorType, Function
from pytest_sisyphus.i18n import marked, of_library, tr
from pytest_sisyphus.location import NOWHERE, LocatedDict, LocatedList, Location
from pytest_sisyphus.spec.called_case import Call, CalledCase
from pytest_sisyphus.spec.notation import syntax_hint
from pytest_sisyphus.values.describe import either, short_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern
from pytest_sisyphus.values.record import record

R = TypeVar("R", bound=Named)


class StepKind(Protocol):
    """A registered step type, as far as reading a file needs to know it."""

    @property
    def name(self) -> str: ...

    @property
    def aliases(self) -> tuple[str, ...]: ...

    @property
    def spec(self) -> type[Any]: ...

    @property
    def description(self) -> str: ...


@record(kw_only=False)
class Reference:
    """A name in a case, of a step or of a database that stands elsewhere in it."""

    name: str
    location: Location | None
    #: it is read whenever its text is, whatever else holds.
    is_certain: bool = False


class NeedsPydantic(Exception):  # noqa: N818 - no error: pydantic is asked
    """A value that only pydantic can judge."""


class SisyphusWarning(UserWarning):
    """Something in a case file that runs, but not as its author may think."""


def _no_called_case(call: Call, _: object) -> NoReturn:
    raise ConfigError(tr("no case can be called here, and {file!r} is", file=call.file))


@record(slots=False)
class ValidationContext:
    """The context of one validation."""

    steps: Registry[Any]
    checks: Registry[CheckType]
    extractors: Registry[ExtractorType]
    functions: Registry[Function]
    auth_types: Registry[AuthType]
    #: a path written at a place -> the file, inside the roots. Raises SpecError.
    resolve: Callable[[str, Location], Path]
    unknown_keys: Literal["error", "warn"] = "error"
    #: what `steps["name"]` asks for in the templates and conditions of the case being read.
    referenced_steps: list[Reference] = dataclasses.field(default_factory=list)
    #: what `db_query` asks for there: aliases of `config.databases`.
    queried_databases: list[Reference] = dataclasses.field(default_factory=list)
    #: aliases of `config.databases` that stand where a database may.
    referenced_databases: list[Reference] = dataclasses.field(default_factory=list)
    #: `$name` in its texts, which may be meant as a variable.
    bare_names: list[Reference] = dataclasses.field(default_factory=list)
    #: bodies that are JSON as text, where the request itself names no Content-Type.
    untyped_json: list[Location] = dataclasses.field(default_factory=list)
    #: steps that say `depends_on`.
    dependent_steps: list[Any] = dataclasses.field(default_factory=list)
    #: the cases with `usefixtures` that steps call, and where they do.
    called_with_fixtures: "list[tuple[CalledCase, Location]]" = dataclasses.field(
        default_factory=list
    )
    #: variables that the command line gives.
    given: frozenset[str] = frozenset()
    #: the command line names a `.env` file, which replaces those of `env_file`.
    has_env_file: bool = False
    #: the profile that the command line chose.
    profile: str | None = None
    #: the registered pytest marks: name -> the line about it; empty where nobody knows them.
    marks: Mapping[str, str] = dataclasses.field(default_factory=dict)
    #: unregistered marks are refused.
    strict_marks: bool = False
    #: finds the case that a step calls, for the case with this context. Raises ConfigError.
    find_called: "Callable[[Call, ValidationContext], CalledCase]" = _no_called_case
    #: the calls by which the case is reached, one inside the other; empty for one of its own.
    calls: tuple[Call, ...] = ()
    #: templates are already replaced: every text is final.
    rendered: bool = False

    def for_one_case(self) -> "ValidationContext":
        """The same, with nothing noted yet: what one case refers to is none of the next one's."""
        return dataclasses.replace(
            self,
            referenced_steps=[],
            queried_databases=[],
            referenced_databases=[],
            bare_names=[],
            untyped_json=[],
            dependent_steps=[],
            called_with_fixtures=[],
        )

    @functools.cached_property
    def for_rendered(self) -> "ValidationContext":
        """The same, of what is read again once its templates are replaced."""
        return dataclasses.replace(self, rendered=True)


class Info:
    """What validators here ask of pydantic's `ValidationInfo`."""

    __slots__ = ("context",)

    def __init__(self, context: ValidationContext) -> None:
        self.context = context


def context_of(info: ValidationInfo | Info) -> ValidationContext:
    assert isinstance(info.context, ValidationContext), "no context given"  # noqa: S101 - a programmer's error
    return info.context


def registered(registry: Registry[R], name: str, location: Location | None) -> R:
    """The part of that name. Raises `invalid` with names that come near."""
    try:
        return registry[name]
    except ConfigError as error:
        raise invalid(str(error), location) from error


def invalid(message: str, location: Location | None = None, **more: Any) -> PydanticCustomError:
    """An error of a validator. `location`: where it is known better than from the key path; `more`
    is kept in the error's context."""
    return PydanticCustomError(
        "dialect", "{message}", {"message": message, "location": location, **more}
    )


def unknown_key_error(
    key: Any, known: Mapping[str, Any], location: Location, hint: str
) -> InitErrorDetails:
    """An unknown key; `unknown_key` tells those who know where it would belong. `hint`: what to
    write, if that is known."""
    if hint:
        error = invalid(tr("unknown key {key!r}{hint}", key=key, hint=hint), location)
    else:
        hint = syntax_hint(key, anywhere=True) or near(str(key), known)
        message = tr("unknown key {key!r}{hint}", key=key, hint=hint)
        error = invalid(message, location, unknown_key=key)
    return InitErrorDetails(type=error, loc=(key if type(key) is int else str(key),), input=key)


def with_location(error: ErrorDetails, value: Any) -> InitErrorDetails:
    """The error with its location in `value`, the mapping that was read, in the dialect's words."""
    context, kind, given = error.get("ctx") or {}, error["type"], error["input"]
    if kind == "dialect" and context.get("location"):
        made = invalid(**context)
        return InitErrorDetails(type=made, loc=error["loc"], input=given)
    if kind == "dialect":
        message = context["message"]
    elif kind == "missing":
        message = tr("{key!r} is missing", key=str(error["loc"][-1]))
    elif kind in _WANTED:
        wanted = tr(_WANTED[kind])
        message = tr("expected {wanted}, got {given}", wanted=wanted, given=short_json(given))
    elif kind in _BOUNDS:
        bound = error["msg"].rpartition(" ")[2]
        message = tr(_BOUNDS[kind], bound=bound, given=short_json(given))
    elif kind == "literal_error":
        wanted = either(_QUOTED.findall(context["expected"]))
        message = tr(
            "input should be {wanted}, got {given}", wanted=wanted, given=short_json(given)
        )
    else:
        problem = of_library(f"{error['msg'][:1].lower()}{error['msg'][1:]}")
        message = tr("{problem}, got {given}", problem=problem, given=short_json(given))
    is_misshapen = kind in _WITH_EXAMPLE or context.get("is_misshapen", False)
    made = invalid(message, locate(value, error["loc"]), is_misshapen=is_misshapen)
    return InitErrorDetails(type=made, loc=error["loc"], input=given)


def with_wanted(line: InitErrorDetails, wanted: Mapping[str, str]) -> InitErrorDetails:
    """The error with what its model says of the key."""
    loc, given, error = line["loc"], line["input"], line["type"]
    said = wanted.get(str(loc[0])) if loc else None
    if said is None or isinstance(given, str) or not isinstance(error, PydanticCustomError):
        return line
    message = tr(said, value=short_json(given))
    made = invalid(message, (error.context or {}).get("location"))
    return InitErrorDetails(type=made, loc=loc, input=given)


def with_example(line: InitErrorDetails, model: type) -> InitErrorDetails:
    """Of a key of the model whose value is no list or no mapping: its error with what may stand
    there, which `complaints_of` shows."""
    loc, given, error = line["loc"], line["input"], line["type"]
    context = error.context if isinstance(error, PydanticCustomError) else None
    is_value = len(loc) == 1 or (len(loc) == 2 and isinstance(loc[1], int))
    if not (context and context.get("is_misshapen") and is_value):
        return line
    from pytest_sisyphus.spec.schema_examples import as_yaml, examples_of  # noqa: PLC0415 - only when something is wrong

    message, location = context["message"], context["location"]
    if isinstance(given, str) and given.endswith(_INCLUDED):
        hint = tr("; write {form}", form=f"!include {given}")
        made = invalid(f"{message}{hint}", location)
    elif example := examples_of(model.__name__).get(str(loc[0])):
        made = invalid(message, location, example=f"{loc[0]}: {as_yaml(example)}")
    else:
        return line
    return InitErrorDetails(type=made, loc=loc, input=given)


def locate(value: Any, loc: Sequence[str | int], *, key: bool = False) -> Location | None:
    """Where the value (or the key) stands that `loc` leads to, or the nearest around it.

    None for what was made while a case ran.
    """
    location: Location | None = getattr(value, "location", None)
    if location == NOWHERE:
        return None
    for step in loc:
        locations = getattr(value, "key_locations" if key else "locations", None)
        if isinstance(value, LocatedDict) and step in value:
            location = locations[step] if locations else location
        elif isinstance(value, LocatedList) and isinstance(step, int) and step < len(value):
            location = value.locations[step]
        else:
            continue
        value = value[step]
    return location


_WANTED: Final = {
    "string_type": marked("text (put quotes around it)"),
    **dict.fromkeys(("float_type", "float_parsing"), marked("a number")),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), marked("a whole number")),
    **dict.fromkeys(("bool_type", "bool_parsing"), marked("true or false")),
    **dict.fromkeys(("list_type", "tuple_type"), marked("a list")),
    **dict.fromkeys(("dict_type", "model_type"), marked("a mapping")),
}
_WITH_EXAMPLE: Final = frozenset({"missing", "list_type", "tuple_type", "dict_type", "model_type"})
#: what `!include` reads.
_INCLUDED: Final = (".yaml", ".yml", ".json")
_BOUNDS: Final = {
    "greater_than": marked("input should be greater than {bound}, got {given}"),
    "greater_than_equal": marked("input should be greater than or equal to {bound}, got {given}"),
    "less_than": marked("input should be less than {bound}, got {given}"),
    "less_than_equal": marked("input should be less than or equal to {bound}, got {given}"),
}
_QUOTED: Final = lazy_pattern("'[^']*'")


_fast_only: Final[contextvars.ContextVar[bool]] = contextvars.ContextVar("only sure", default=False)


@contextlib.contextmanager
def fast_only(*, on: bool = True) -> Iterator[None]:
    """Meanwhile `warn` raises NeedsPydantic: pydantic's reading warns, and only once. `on`: False
    for what is read once whoever asks for it."""
    token = _fast_only.set(on)
    try:
        yield
    finally:
        _fast_only.reset(token)


_collected: Final[contextvars.ContextVar[list[str] | None]] = contextvars.ContextVar(
    "heard", default=None
)


@contextlib.contextmanager
def collect_warnings(collected: list[str]) -> Iterator[None]:
    """`heard`: takes in what is warned of meanwhile, instead of the warnings."""
    before = _collected.set(collected)
    try:
        yield
    finally:
        _collected.reset(before)


def warn(message: str, location: Location | None) -> None:
    """Raises NeedsPydantic under `fast_only`."""
    if _fast_only.get():
        raise NeedsPydantic
    text = f"{location.exact}: {message}" if location else message
    collected = _collected.get()
    if collected is not None:
        collected.append(text)
    elif location:
        warnings.warn_explicit(text, SisyphusWarning, location.file, location.line)
    else:
        warnings.warn(text, SisyphusWarning, stacklevel=2)
