"""What VS Code needs to know case files: the schemas, and the settings that name them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pytest_sisyphus.atomic_file import write_atomically
from pytest_sisyphus.cli.jsonc import JsonError, with_added
from pytest_sisyphus.config.options import PROJECT_FILE
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import of_library, tr

_SCHEMA: Final = ".sisyphus-schema.json"
_PROJECT_SCHEMA: Final = ".sisyphus-project-schema.json"
_FOLDER: Final = ".vscode"
#: where the cases are, if no path says it.
_CASES: Final = "cases"


def write_vscode(schema: str, project_schema: str, paths: Sequence[str]) -> list[str]:
    """Write the schemas and `.vscode` into the working directory; the files that changed.

    What stands in `.vscode` stays. Raises ConfigError, and nothing is written.
    """
    wanted: dict[str, dict[str, Any]] = {
        f"{_FOLDER}/settings.json": {
            "yaml.schemas": {
                _SCHEMA: [*_patterns(paths), f"!**/{PROJECT_FILE}", "!**/parts/**"],
                _PROJECT_SCHEMA: [f"**/{PROJECT_FILE}"],
            },
            "yaml.customTags": ["!include scalar"],
            "python.testing.pytestEnabled": True,
        },
        f"{_FOLDER}/extensions.json": {
            "recommendations": ["redhat.vscode-yaml", "ms-python.python"]
        },
    }
    texts = {_SCHEMA: schema, _PROJECT_SCHEMA: project_schema}
    texts |= {name: _merged(name, values) for name, values in wanted.items()}
    changed = [name for name, text in texts.items() if text != _read(name)]
    _make_folder()
    for name in changed:
        write_atomically(Path(name), texts[name])
    return changed


def _make_folder() -> None:
    try:
        Path(_FOLDER).mkdir(exist_ok=True)
    except OSError as error:
        reason = of_library(error.strerror or str(error))
        said = tr("{file}: {problem}; nothing was written", file=_FOLDER, problem=reason)
        raise ConfigError(said) from error


def _patterns(paths: Sequence[str]) -> list[str]:
    """A folder's files at any depth; those of the working directory itself only there, because
    all kinds of YAML are below it."""
    made: list[str] = []
    for path in paths or [_CASES if Path(_CASES).is_dir() else "."]:
        name = Path(path).as_posix()
        if Path(path).is_file():
            made.append(name)
        else:
            start = "" if name == "." else f"{name}/**/"
            made += [f"{start}*.yaml", f"{start}*.yml"]
    return made


def _merged(name: str, wanted: Mapping[str, Any]) -> str:
    try:
        return with_added(_read(name) or "", wanted)
    except JsonError as error:
        raise ConfigError(
            tr("{file}: {problem}; nothing was written", file=name, problem=error)
        ) from error


def _read(name: str) -> str | None:
    path = Path(name)
    try:
        return path.read_bytes().decode() if path.exists() else None
    except OSError as error:
        reason = of_library(error.strerror or str(error))
    except UnicodeDecodeError:
        reason = tr("it is no UTF-8")
    raise ConfigError(tr("{file}: {problem}; nothing was written", file=name, problem=reason))
