"""Emptying a folder of Allure results: only if nothing else is in it."""

import re
import shutil
from pathlib import Path
from typing import Final

from pytest_sisyphus.i18n import tr

_RESULTS: Final = re.compile(
    r"[\w-]+-(?:result|container|globals)\.json|[\w-]+-attachment(?:\.\w+)?"
    r"|environment\.(?:properties|xml)|categories\.json|executor\.json"
)
#: what Allure's own command line keeps there from one report to the next.
_HISTORY: Final = "history"


class NotOnlyResults(Exception):  # noqa: N818 - an answer to the one who asked
    """The folder holds something that is no Allure result."""


def clean(folder: Path) -> None:
    """Raises NotOnlyResults, with nothing removed, or OSError."""
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in inside:
        if not _is_result(path):
            raise NotOnlyResults(
                tr(
                    "{path} is no Allure result, so {folder} is not emptied",
                    path=path,
                    folder=folder,
                )
            )
    for path in inside:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_result(path: Path) -> bool:
    if path.is_symlink():
        return False
    if path.is_dir():
        return path.name == _HISTORY and all(
            one.is_file() and one.suffix == ".json" for one in path.iterdir()
        )
    return bool(_RESULTS.fullmatch(path.name))
