"""Files beside Allure's results: the environment, and the categories of failures."""

import json
import platform
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.atomic_file import write_atomically
from pytest_sisyphus.reporters.reporter import RunInfo

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


def write_environment(folder: Path, info: RunInfo) -> None:
    path = folder / "environment.properties"
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(_OURS):
        return
    values = {**info.about, **info.versions, "platform": platform.platform()}
    if info.interrupted:
        values["interrupted"] = info.interrupted
    lines = [f"{_escaped(key)} = {_escaped(value)}" for key, value in values.items() if value]
    write_atomically(path, "\n".join([_OURS, *lines, ""]))


def write_categories(folder: Path) -> None:
    """Unless there is one, which is the user's own."""
    path = folder / "categories.json"
    if not path.exists():
        write_atomically(path, json.dumps(categories(), indent=2) + "\n")


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
    """A key or value of a Java properties file: one line, ASCII."""
    one_line = " ".join(str(text).split())
    marked = one_line.replace("\\", "\\\\").replace(":", "\\:").replace("=", "\\=")
    units = marked.encode("utf-16-be", "replace")
    codes = [(units[at] << 8) + units[at + 1] for at in range(0, len(units), 2)]
    return "".join(chr(code) if code < 128 else f"\\u{code:04x}" for code in codes)
