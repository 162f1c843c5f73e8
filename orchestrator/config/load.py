"""Command line, environment, TOML file become one `Settings`.

Precedence, high to low: command line, `SISYPHUS_<OPTION>`, the file of `--config`
(`SISYPHUS_CONFIG`), default. Nobody else reads these places.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.config.settings import OPTIONS, Settings
from orchestrator.errors import StartupError

_PLUGIN_TABLES: Final = "plugin"


def load(given: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
    """Merge the sources; `given` holds the command line's texts, None where nothing was said."""
    config = given.get("config") or environ.get("SISYPHUS_CONFIG")
    path = Path(config) if config else None
    table = _table(path) if path else {}
    plugin_options = table.pop(_PLUGIN_TABLES, {})  # what may be in them, only their plugins know
    if not isinstance(plugin_options, dict) or not all(
        isinstance(one, dict) for one in plugin_options.values()
    ):
        raise StartupError(f"{path}: 'plugin' holds the plugins' own tables; write [plugin.NAME]")
    #: text and place by option.
    texts = _from_file(path, table) if path else {}
    for name, option in OPTIONS.items():
        if option.variable in environ:
            texts[name] = environ[option.variable], option.variable
        if (text := given.get(name)) is not None:
            texts[name] = text, option.flag
    values = {name: OPTIONS[name].value(*text_and_place) for name, text_and_place in texts.items()}
    return Settings(**values, plugin_options=plugin_options)


def _table(path: Path) -> dict[str, Any]:
    """What the file says to us: at its top, or under `[sisyphus]`."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StartupError(f"cannot read the configuration {path}: {error}") from error
    table = document.get("sisyphus", document)
    if not isinstance(table, dict):
        raise StartupError(f"{path}: 'sisyphus' is not usable; give a table [sisyphus]")
    return table


def _from_file(path: Path, table: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The table's settings by option; names with `-` or `_`."""
    found = {}
    for written, value in table.items():
        name = written.replace("-", "_")
        if name not in OPTIONS:
            raise StartupError(f"{path}: unknown option {name!r}; known: {', '.join(OPTIONS)}")
        if isinstance(value, dict):
            raise StartupError(
                f"{path}: [{written}] is an option, not a table; a plugin's own is [plugin.NAME]"
            )
        found[name] = (_text(value, multiple=OPTIONS[name].multiple), f"{path}: {written}")
    return found


def _text(value: Any, *, multiple: bool) -> str:
    """As the command line would say it; tables are JSON there."""
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return json.dumps(value, default=str)
    return ",".join(map(str, value)) if multiple and isinstance(value, list) else str(value)
