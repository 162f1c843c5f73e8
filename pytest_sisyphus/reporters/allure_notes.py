"""What stands beside Allure's results: the environment, and the categories of failures."""

import json
import platform
from pathlib import Path
from typing import Any, Final

from .sink import RunFacts
from .target import write_whole

#: an environment file that begins so is ours, and may be written anew.
_OURS: Final = "# written by pytest-sisyphus"

#: category of an error → its types, as a status message begins.
_CATEGORIES: Final[dict[str, tuple[str, ...]]] = {
    "Assertions": ("AssertionError", "Failed"),
    "Timeouts": ("TimeoutError",),
    "Network": ("ConnectionError", "NetworkError", "HTTPError"),
    "Unexpected responses": ("ValidationError",),
    "Databases": ("DatabaseError",),
    "Scripts": ("ScriptError",),
    "Cases, fixtures and configuration": ("ConfigError",),
}


def write_environment(folder: Path, facts: RunFacts) -> None:
    path = folder / "environment.properties"
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(_OURS):
        return
    values = {**facts.about, **facts.versions, "platform": platform.platform()}
    if facts.interrupted:
        values["interrupted"] = facts.interrupted
    lines = [f"{_escaped(key)} = {_escaped(value)}" for key, value in values.items() if value]
    write_whole(path, "\n".join([_OURS, *lines, ""]))


def write_categories(folder: Path) -> None:
    """A file that is there is the users' own."""
    path = folder / "categories.json"
    if not path.exists():
        write_whole(path, json.dumps(categories(), indent=2) + "\n")


def categories() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "matchedStatuses": ["failed", "broken"],
            "messageRegex": f"(?s)({'|'.join(types)}):.*",
        }
        for name, types in _CATEGORIES.items()
    ]


def _escaped(text: str) -> str:
    """Java's properties: one line, ASCII."""
    one_line = " ".join(str(text).split())
    marked = one_line.replace("\\", "\\\\").replace(":", "\\:").replace("=", "\\=")
    return "".join(one if one.isascii() else _unicode(one) for one in marked)


def _unicode(character: str) -> str:
    units = character.encode("utf-16-be", "replace")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
