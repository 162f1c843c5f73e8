"""Which files pytest collects as cases. Light: it is asked about every YAML file of every run, and
only a case is worth importing what reads one."""

import warnings
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pytest

from pytest_sisyphus.config.stash import NEAR_MISSES, OPTIONS
from pytest_sisyphus.i18n import tr


class NotCollected(pytest.PytestWarning):
    """A file is no case, but nearly looks like one."""


#: of a file that the command line names: it is taken as it is.
NOT_LOOKED_AT: Final = b""


def case_text(path: Path, parent: pytest.Collector) -> bytes | None:
    """What a file says that looks like cases, or NOT_LOOKED_AT. Warns of one that nearly does."""
    if parent.session.isinitpath(path):
        return NOT_LOOKED_AT
    if not any(map(parent.session.isinitpath, path.parents)):
        return None  # beside what is named: pytest looks at the whole folder
    config = parent.config
    patterns = config.stash[OPTIONS].files
    if patterns:
        spellings = _shown(path, config.rootpath), path.name
        if not any(fnmatch(one, pattern) for one in spellings for pattern in patterns):
            return None
    from pytest_sisyphus.source.detection import looks_like_a_case  # noqa: PLC0415 - only for a file found

    text = path.read_bytes()
    if looks_like_a_case(text):
        return text
    from pytest_sisyphus.source.near_misses import find_near_miss, misnamed  # noqa: PLC0415 - 4 ms; only for other YAML files

    near = misnamed(path) or find_near_miss(text)
    if near:
        message = tr(
            "{file}:{line}: not collected: {message}",
            file=_shown(path, config.rootpath),
            line=near.line,
            message=near.message,
        )
        config.stash.setdefault(NEAR_MISSES, []).append(message)
        if is_reporting_worker(config):
            warnings.warn_explicit(message, NotCollected, str(path), near.line)
    return None


def is_reporting_worker(config: pytest.Config) -> bool:
    """All of xdist's workers collect the same; one of them says it."""
    return str(getattr(config, "workerinput", {}).get("workerid", "gw0")) == "gw0"


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
