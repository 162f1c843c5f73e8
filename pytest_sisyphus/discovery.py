"""Which files pytest collects as cases. Light: it is asked about every YAML file of every run, and
only a case is worth importing what reads one."""

import warnings
from fnmatch import fnmatch
from pathlib import Path

import pytest

from .loading.sniffing import NearlyACase, looks_like_a_case, nearly_a_case
from .options import NEARLY_CASES, OPTIONS


class NotCollected(pytest.PytestWarning):
    """A file is no case, but nearly looks like one."""


def is_case_file(path: Path, parent: pytest.Collector) -> bool:
    """It looks like cases, or the command line names it. Warns of one that nearly looks so."""
    if parent.session.isinitpath(path):
        return True
    if not any(map(parent.session.isinitpath, path.parents)):
        return False  # beside what is named: pytest looks at the whole folder
    if not _is_among(parent.config.stash[OPTIONS].files, path, parent.config.rootpath):
        return False
    text = path.read_bytes()
    if looks_like_a_case(text):
        return True
    near = nearly_a_case(text)
    if near:
        _warn_of(near, path, parent.config)
    return False


def _warn_of(near: NearlyACase, path: Path, config: pytest.Config) -> None:
    message = f"{_shown(path, config.rootpath)}:{near.line}: not collected: {near.message}"
    config.stash.setdefault(NEARLY_CASES, []).append(message)
    if speaks(config):
        warnings.warn_explicit(message, NotCollected, str(path), near.line)


def speaks(config: pytest.Config) -> bool:
    """All of xdist's workers collect the same; one of them says it."""
    return str(getattr(config, "workerinput", {}).get("workerid", "gw0")) == "gw0"


def _is_among(patterns: tuple[str, ...], path: Path, root: Path) -> bool:
    if not patterns:
        return True
    shown = _shown(path, root)
    return any(fnmatch(shown, pattern) or fnmatch(path.name, pattern) for pattern in patterns)


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
