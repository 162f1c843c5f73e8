"""What an option may be: its declaration, and how its text becomes a value of the field's type."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

from pytest_sisyphus.i18n import marked, of_library, tr
from pytest_sisyphus.values.record import record

REPORT_FORMATS: Final = ("json", "json-compact", "csv", "csv-compact", "html", "junit", "allure")

T = TypeVar("T")
Reader = Callable[[str], Any]


class Secret(str):
    """Text that prints as stars; `reveal()` is its only way out."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***" if self else "", spec)

    def reveal(self) -> str:
        return str.__str__(self)


@record
class ReportRequest:
    """One `--sisyphus-report FORMAT:PATH`."""

    format: str
    path: Path
    #: PATH ended in a slash: one file per case (json).
    is_folder: bool = False


@record
class Option:
    """One option and its twins: `--sisyphus-x-y`, ini `sisyphus_x_y`, env `SISYPHUS_X_Y`."""

    #: the field of `Options` that holds it.
    field: str
    default: Any
    #: of the help, in English.
    message: str
    #: how the default is shown in the help; empty where there is none.
    default_text: str
    #: raises ValueError or KeyError for a text that is not as `accepts`, OSError for a lost file.
    read: Reader
    accepts: str
    name: str
    action: Literal["store", "store_true", "append"]
    metavar: str
    #: further environment variables, tried after `SISYPHUS_…`.
    also_env: tuple[str, ...]
    in_command_line: bool
    #: its paths become absolute: of the command line and the environment they are relative to
    #: where pytest is started, of the ini file to rootdir.
    is_anchored: bool

    @property
    def help(self) -> str:
        """In the language of messages, with the default where there is one."""
        default = tr(" (default: {default})", default=tr(self.default_text))
        return tr(self.message) + (default if self.default_text else "")

    @property
    def accepted(self) -> str:
        """`accepts`, for a message."""
        *choices, last = self.metavar.split("|")
        return tr(self.accepts, choices=", ".join(choices), last=last, formats=_FORMATS)

    @property
    def flag(self) -> str:
        return "--sisyphus-" + self.name.replace("_", "-")

    @property
    def dest(self) -> str:
        return "sisyphus_" + self.field

    @property
    def ini(self) -> str:
        return "sisyphus_" + self.name

    @property
    def env(self) -> tuple[str, ...]:
        return (self.ini.upper(), *self.also_env)


def option(
    default: T,
    *,
    help: str,  # noqa: A002 - as argparse calls it
    accepts: str = "",
    name: str = "",
    metavar: str = "",
    also_env: tuple[str, ...] = (),
    in_command_line: bool = True,
    is_anchored: bool = False,
    read: Reader | None = None,
    show_default: Callable[[T], str] = str,
) -> T:
    """A field of a record that is an option; how its text is read follows from the field's type.

    `name`: another name than the field's; `accepts`, `read`: narrower than the type's own.

        retries: int = option(3, accepts="attempts", help="how often a call is tried")
    """
    declared = {
        "help": help,
        "accepts": accepts,
        "name": name,
        "metavar": metavar,
        "also_env": also_env,
        "in_command_line": in_command_line,
        "is_anchored": is_anchored,
        "read": read,
        "show_default": show_default,
    }
    # a mapping is made anew for each record
    known: Any = {"default_factory": dict} if default == {} else {"default": default}
    field: T = dataclasses.field(**known, metadata={"option": declared})
    return field


def options_of(cls: type[Any]) -> tuple[Option, ...]:
    """The declared options of a record, in order; its other fields are none."""
    fields = dataclasses.fields(cls)
    return tuple(_declared(field) for field in fields if "option" in field.metadata)


def _declared(field: dataclasses.Field[Any]) -> Option:
    declared = dict(field.metadata["option"])
    if get_origin(field.type) is Literal:
        *choices, last = get_args(field.type)
        accepts, metavar = marked("{choices} or {last}"), "|".join([*choices, last])
        read: Reader = {one: one for one in (*choices, last)}.__getitem__
    else:
        kinds = [one for one in get_args(field.type) if NoneType in get_args(field.type)]
        kind = next((one for one in kinds if one is not NoneType), field.type)  # of `… | None`
        read, accepts, metavar = _READERS[kind]
    show_default = declared.pop("show_default")
    has_default = field.default is not dataclasses.MISSING and bool(field.default)
    default_text = show_default(field.default) if has_default else ""
    return Option(
        field=field.name,
        default=field.default,
        message=declared.pop("help"),
        default_text=default_text,
        read=declared.pop("read") or read,
        accepts=declared.pop("accepts") or accepts,
        name=declared.pop("name") or field.name,
        metavar=declared.pop("metavar") or metavar,
        action=_ACTIONS.get(field.type, "store"),
        **declared,
    )


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError("not positive")
    return value


def mebibytes(count: int) -> str:
    return f"{count / 1024 / 1024:g} MiB"


def seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError("not a duration")
    return value


def lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def secret(text: str) -> Secret:
    """`@path` is the first line of that file: a secret in a command line is seen by `ps`."""
    if not text.startswith("@"):
        return Secret(text)
    return Secret(Path(text[1:]).read_text(encoding="utf-8").strip())


class NotAcceptedError(ValueError):
    """Its message says what is wrong with an option's text, and holds no secret."""


def variables(text: str) -> dict[str, Any]:
    """`NAME=VALUE` is text, `NAME:=JSON` any value; one a line."""
    found: dict[str, Any] = {}
    for line in lines(text):
        name, equals, value = line.partition("=")
        typed = name.endswith(":")
        name = name.removesuffix(":").strip()
        if not (name and equals):
            raise ValueError("not NAME=VALUE")
        found[name] = _from_json(name, value) if typed else value
    return found


def _from_json(name: str, text: str) -> Any:
    from pytest_sisyphus.values import exact_json  # noqa: PLC0415 - only where it is asked for

    try:
        return exact_json.loads(text)
    except RecursionError:
        raise NotAcceptedError(
            tr("the value of {name!r} is nested too deeply", name=name)
        ) from None
    except json.JSONDecodeError as error:
        raise NotAcceptedError(  # what stands there may be a secret
            tr(
                "the value of {name!r} is not JSON: column {column}: {reason}; text is "
                "given as {name}=VALUE",
                name=name,
                column=error.colno,
                reason=of_library(error.msg),
            )
        ) from None


def report_requests(text: str) -> tuple[ReportRequest, ...]:
    requests = []
    for line in lines(text):
        kind, colon, path = line.partition(":")
        if kind not in REPORT_FORMATS or not colon or not path:
            raise ValueError("not FORMAT:PATH")
        requests.append(ReportRequest(format=kind, path=Path(path), is_folder=path.endswith("/")))
    return tuple(requests)


_BOOLEANS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off", ""), False),
}
_FORMATS: Final = ", ".join(REPORT_FORMATS)
#: type of a field → how its text is read, what is accepted, metavar.
_READERS: Final[Mapping[Any, tuple[Reader, str, str]]] = {
    str: (str, marked("a text"), "TEXT"),
    int: (int, marked("a whole number"), "N"),
    float: (seconds, marked("seconds"), "SECONDS"),
    bool: (lambda text: _BOOLEANS[text.lower()], marked("true or false"), ""),
    Path: (Path, marked("a path"), "PATH"),
    Secret: (secret, marked("a secret, or @path of a file that holds it"), "S"),
    tuple[str, ...]: (lines, marked("one a line"), "LINES"),
    tuple[Path, ...]: (
        lambda text: tuple(map(Path, lines(text))),
        marked("folders, one a line"),
        "PATHS",
    ),
    Mapping[str, Any]: (variables, marked("NAME=VALUE, or NAME:=JSON"), "NAME=VALUE"),
    tuple[ReportRequest, ...]: (
        report_requests,
        marked("FORMAT:PATH with one of {formats}"),
        "FORMAT:PATH",
    ),
}
_ACTIONS: Final[Mapping[Any, Literal["store_true", "append"]]] = {
    bool: "store_true",
    Mapping[str, Any]: "append",
    tuple[Path, ...]: "append",
    tuple[ReportRequest, ...]: "append",
}
