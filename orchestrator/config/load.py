"""Command line, environment, TOML file become one `Settings`.

Precedence, high to low: command line, `SISYPHUS_<OPTION>`, the file of `--config`
(`SISYPHUS_CONFIG`), default. Nobody else reads these places.
"""

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.config.options import Option
from orchestrator.config.settings import OPTIONS, Settings
from orchestrator.errors import StartupError
from orchestrator.i18n import tr

_PLUGIN_TABLES: Final = "plugin"
_PREFIX: Final = "SISYPHUS_"
#: how near to an option's name a variable's has to be: `PROT` is, and of pytest's own
#: (`SISYPHUS_TOKEN`, `SISYPHUS_URL`, …) none.
_NEAR: Final = 0.75
#: `--config` itself, and what pytest reads that is near to one of ours (`port`).
_OTHERS: Final = frozenset({"config", "report"})


def load(given: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """Merge the sources; `given` holds the command line's texts, None where nothing was said."""
    config = given.get("config") or environ.get("SISYPHUS_CONFIG")
    path = Path(config) if config else None
    table = _table(path) if path else {}
    plugin_options = table.pop(_PLUGIN_TABLES, {})  # what may be in them, only their plugins know
    if not isinstance(plugin_options, dict) or not all(
        isinstance(one, dict) for one in plugin_options.values()
    ):
        raise StartupError(
            tr("{path}: 'plugin' holds the plugins' own tables; write [plugin.NAME]", path=path)
        )
    #: text and place by option.
    texts = _from_file(path, table) if path else {}
    for name, option in OPTIONS.items():
        if option.variable in environ:
            texts[name] = environ[option.variable], option.variable
        if (text := given.get(name)) is not None:
            texts[name] = text, option.flag
    values = {name: OPTIONS[name].value(*text_and_place) for name, text_and_place in texts.items()}
    return Settings(**values, plugin_options=plugin_options)


def mistyped(environ: Mapping[str, str]) -> Iterator[str]:
    """Variables that look like an option and are none: nobody else would say that they count for
    nothing. Those that pytest, or a project, reads are not ours to judge."""
    for variable in sorted(environ):
        name = variable.removeprefix(_PREFIX).lower()
        known = name in OPTIONS or name in _OTHERS
        if known or not variable.startswith(_PREFIX):
            continue
        if near := difflib.get_close_matches(name, [*OPTIONS, "config"], 1, _NEAR):
            wanted = f"{_PREFIX}{near[0].upper()}"
            yield tr(
                "the variable {variable} is no option; did you mean {near}?",
                variable=variable,
                near=wanted,
            )


def _table(path: Path) -> dict[str, Any]:
    """What the file says to us: at its top, or under `[sisyphus]`."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StartupError(
            tr("cannot read the configuration {path}: {reason}", path=path, reason=reason)
        ) from error
    table = document.get("sisyphus", document)
    if not isinstance(table, dict):
        raise StartupError(
            tr("{path}: 'sisyphus' is not usable; give a table [sisyphus]", path=path)
        )
    if table is not document and (beside := _dropped(document)):
        raise StartupError(
            tr(
                "{path}: {names} would count for nothing beside the table [sisyphus]; write "
                "options under [sisyphus], webhooks as [[sisyphus.webhooks]], a plugin's own as "
                "[sisyphus.plugin.NAME]",
                path=path,
                names=", ".join(beside),
            )
        )
    return table


def _dropped(document: Mapping[str, Any]) -> list[str]:
    """What stands beside `[sisyphus]` and is meant for us; other tables may be other programs'."""
    ours = {*OPTIONS, _PLUGIN_TABLES}
    return [
        name
        for name, value in document.items()
        if name != "sisyphus"
        and (name.replace("-", "_") in ours or not isinstance(value, dict | list))
    ]


def _from_file(path: Path, table: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The table's settings by option; names with `-` or `_`."""
    found = {}
    for written, value in table.items():
        name = written.replace("-", "_")
        if name not in OPTIONS:
            raise StartupError(_unknown(path, name, is_table=isinstance(value, dict)))
        if name in found:
            raise StartupError(
                tr("{path}: {name!r} is given twice, with - and with _", path=path, name=written)
            )
        if isinstance(value, dict):
            raise StartupError(
                tr(
                    "{path}: [{name}] is an option, not a table; a plugin's own is [plugin.NAME]",
                    path=path,
                    name=written,
                )
            )
        found[name] = (_text(value, OPTIONS[name], f"{path}: {written}"), f"{path}: {written}")
    return found


def _unknown(path: Path, name: str, *, is_table: bool) -> str:
    if is_table:
        return tr(
            "{path}: unknown table [{name}]; options stand at the top or in [sisyphus], those of "
            "a plugin in [plugin.NAME]",
            path=path,
            name=name,
        )
    if near := difflib.get_close_matches(name, OPTIONS, 1):
        return tr(
            "{path}: unknown option {name!r}; did you mean {near!r}?",
            path=path,
            name=name,
            near=near[0],
        )
    return tr(
        "{path}: unknown option {name!r}; known: {known}",
        path=path,
        name=name,
        known=", ".join(OPTIONS),
    )


def _text(value: Any, option: Option, place: str) -> str:
    """The value as the command line would give it, where tables are JSON."""
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return json.dumps(value, default=str)
    if option.multiple and isinstance(value, list):
        return ",".join(map(str, value))
    if not isinstance(value, bool | list):
        return str(value)
    text = json.dumps(value, default=str)  # as TOML writes it
    option.value(text, place)  # says what is accepted, unless that is any text
    shown = "…" if option.secret else text
    raise StartupError(
        tr("{place}: {text} is not usable; give a text in quotes", place=place, text=shown)
    )
