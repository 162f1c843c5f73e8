"""Webhooks as configured. Addresses and keys are secrets: only the name is ever shown."""

import dataclasses
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from orchestrator.i18n import joined, said_by, tr
from orchestrator.secrets import Secret, is_surely_a_path, read_secret
from orchestrator.status import TERMINAL

LANGUAGES: Final = ("zh", "en")
_ACCEPTED: Final = tr("give a TOML file with [[webhooks]] tables, or a JSON array")
_STATES: Final = frozenset(map(int, TERMINAL))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Webhook:
    name: str
    url: Secret
    format: str = "json"
    secret: Secret = dataclasses.field(default_factory=Secret)
    #: the final statuses that it hears of.
    states: frozenset[int] = _STATES
    #: None: all.
    projects: frozenset[int] | None = None
    language: str = "zh"

    def wants(self, status: int, project_id: int | None) -> bool:
        return status in self.states and (self.projects is None or project_id in self.projects)


def subscribed(webhooks: Sequence[Webhook], status: int, project_id: int | None) -> list[str]:
    """The names of those that want to hear of such an end."""
    return [webhook.name for webhook in webhooks if webhook.wants(status, project_id)]


def read(text: str) -> tuple[Webhook, ...]:
    """A JSON array of webhooks, or the path (also as `@PATH`) of a TOML file with `[[webhooks]]`.

    ValueError names the webhook and what is accepted, and shows no value that may be a secret.
    """
    tables = _tables(text)
    webhooks = tuple(_webhook(number, table) for number, table in enumerate(tables, start=1))
    names = [webhook.name for webhook in webhooks]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            tr("webhook {name!r} is there twice; give each a name of its own", name=twice[0])
        )
    return webhooks


def _tables(text: str) -> list[Any]:
    path = None if text.lstrip().startswith("[") else Path(text.removeprefix("@"))
    try:
        if path is None:
            tables = json.loads(text)
        else:
            tables = tomllib.loads(path.read_text("utf-8")).get("webhooks")
    except (OSError, ValueError) as error:
        # Without the text that was read.
        reason = getattr(error, "strerror", None) or str(error).partition(":")[0]
        raise ValueError(_unreadable(path, reason)) from error
    if not isinstance(tables, list):
        raise ValueError(_ACCEPTED)  # noqa: TRY004 -- a wrong file, to its user
    return tables


def _unreadable(path: Path | None, reason: str) -> str:
    """With the name of the file, unless that may be a secret in the place of one."""
    if path is None or not is_surely_a_path(path):
        said = tr("cannot read the webhooks: {reason}", reason=reason)
    else:
        said = tr("the file {path} cannot be read: {reason}", path=path, reason=reason)
    return joined([said, _ACCEPTED], "; ")


def _webhook(number: int, table: Any) -> Webhook:
    if not isinstance(table, Mapping):
        raise ValueError(tr("webhook {number}: give a table with name and url", number=number))  # noqa: TRY004 -- as above
    place = f"webhook {number}" + (f" ({table['name']!r})" if "name" in table else "")
    unknown = sorted(set(table) - set(_FIELDS))
    if unknown:
        raise ValueError(
            tr(
                "{place}: unknown key {name!r}; known: {known}",
                place=place,
                name=unknown[0],
                known=", ".join(_FIELDS),
            )
        )
    missing = [name for name in ("name", "url") if name not in table]
    if missing:
        raise ValueError(
            tr(
                "{place}: {name} is missing; every webhook has a name and a url",
                place=place,
                name=missing[0],
            )
        )
    values: dict[str, Any] = {}
    for name, value in table.items():
        try:
            values[name] = _FIELDS[name](value)
        except ValueError as error:
            reason = said_by(error)
            raise ValueError(
                tr("{place}: {name}: {reason}", place=place, name=name, reason=reason)
            ) from error
    return Webhook(**values)


def _text(pattern: str, accepted: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
        raise ValueError(accepted)
    return value


def _url(value: Any) -> Secret:
    url = _secret(value)
    text = url.reveal()
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
        _ = parts.port
    except ValueError:
        valid = False
    if not valid or not text.isprintable() or " " in text:
        raise ValueError(tr("give an http or https address without user and password, or @PATH"))
    return url


def _secret(value: Any) -> Secret:
    if not isinstance(value, str) or not value:
        raise ValueError(tr("give a text, or @PATH of a file that holds it"))
    return read_secret(value)


def _numbers(value: Any) -> frozenset[int]:
    whole = isinstance(value, list) and all(type(number) is int for number in value)
    if not whole or not value:
        raise ValueError(tr("give a list of numbers such as [3, 4]"))
    return frozenset(value)


def _states(value: Any) -> frozenset[int]:
    states = _numbers(value)
    if not states <= _STATES:
        raise ValueError(tr("give final statuses: some of {states}", states=sorted(_STATES)))
    return states


_FIELDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "name": partial(
        _text, r"[\w.-]{1,64}", tr("give 1 to 64 letters, digits, dots, dashes or underscores")
    ),
    "url": _url,
    "format": partial(_text, ".+", tr("give the name of a format such as json")),
    "secret": _secret,
    "states": _states,
    "projects": _numbers,
    "language": partial(
        _text, "|".join(LANGUAGES), tr("give one of {names}", names=", ".join(LANGUAGES))
    ),
}
