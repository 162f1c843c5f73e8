"""What a whole suite is warned of, besides what reading each file says."""

import warnings
from collections.abc import Iterable
from typing import Final

import pytest

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import Location
from pytest_sisyphus.nodes.discovery import is_reporting_worker
from pytest_sisyphus.nodes.metadata import CaseMetadata
from pytest_sisyphus.spec.context import SisyphusWarning


class SharedIdentity(SisyphusWarning):
    """Two cases have the same `case_id` or `case_key`."""


_IDENTITIES: Final = pytest.StashKey[dict[tuple[str, str], Location]]()


def warn_of_shared_identities(cases: Iterable[CaseMetadata], config: pytest.Config) -> None:
    """The platform knows a case by its id or key: of two that share one it would lose one."""
    known = config.stash.setdefault(_IDENTITIES, {})
    for case in cases:
        shared = []
        for name, value in case.identity.items():
            first = known.setdefault((name, str(value)), case.location)
            if first != case.location:
                shared.append(
                    tr(
                        "{name} {value!r} is also that of the case at {first}",
                        name=name,
                        value=value,
                        first=first,
                    )
                )
        if shared and is_reporting_worker(config):
            message = tr(
                "{location}: {shared}; the platform can tell only one of them",
                location=case.location,
                shared=shared[0],
            )
            file = str(config.rootpath / case.location.file)
            warnings.warn_explicit(message, SharedIdentity, file, case.location.line)


_REPEATING: Final = pytest.StashKey[bool]()


def warn_of_repeating(cases: Iterable[CaseMetadata], config: pytest.Config) -> None:
    """pytest-repeat multiplies functions where pytest makes items of them; ours are made here, and
    pytest has no public way to ask for that. Said once."""
    hooks = config.hook.pytest_generate_tests.get_hookimpls()
    if config.stash.get(_REPEATING, False) or not is_reporting_worker(config):
        return
    if not any(one.function.__module__ == "pytest_repeat" for one in hooks):
        return
    marked = [case.location for case in cases if any(one.name == "repeat" for one in case.marks)]
    if marked or (config.getoption("count", None) or 1) > 1:
        config.stash[_REPEATING] = True
        what = tr("{place}: the mark repeat", place=marked[0]) if marked else "--count"
        warnings.warn(
            tr(
                "{what} of pytest-repeat has no effect on YAML cases: each runs once; "
                "rows of config.data_source make several tests of a case, a step of type "
                "loop repeats steps",
                what=what,
            ),
            SisyphusWarning,
            stacklevel=2,
        )
