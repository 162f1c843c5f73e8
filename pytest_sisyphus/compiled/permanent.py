"""Errors of checks and extractors that no further attempt can change."""

from collections.abc import Sequence

from pytest_sisyphus.errors import ConfigError, SisyphusError
from pytest_sisyphus.spec.check import Check
from pytest_sisyphus.spec.extractor import Extractor
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import find_templates


def is_permanent(
    error: SisyphusError,
    written: Check | Extractor,
    extractors: Sequence[Extractor],
    scope: Scope,
) -> bool:
    """Whether `error` is a mistake in the case file.

    Not so if `written` refers to what the attempt brought: its response, or a variable that one of
    `extractors` (all of the step) sets.
    """
    if not isinstance(error, ConfigError):
        return False
    names = {name for one in find_templates(written.raw) for name in one.names}
    if isinstance(written, Check) and written.condition is not None:
        names |= written.condition.names
    of_attempt = {"response", *(one.name for one in extractors)}
    return not names & of_attempt or any(not scope.has(name) for name in names - of_attempt)
