"""Where in a case file a key belongs that was written elsewhere."""

from collections.abc import Iterator
from typing import Any

from .case import Case
from .check import Check, Extractor
from .config import Config, EnvVars, Profile, RetryPolicy
from .data import DataSource
from .reading import Reading
from .step import StepSpec

#: more places than these are no help.
_FEW = 2


def homes_of(key: Any, reading: Reading) -> tuple[str, ...]:
    """How messages name the places; empty when nothing, or too much, has such a key."""
    homes = tuple(home for home, known in _homes(reading) if key in known)
    return homes if len(homes) <= _FEW else ()


def _homes(reading: Reading) -> Iterator[tuple[str, set[str]]]:
    common = set(StepSpec.keys())
    yield "the top level of the case", set(Case.keys())
    yield "config", set(Config.keys()) - set(Config.superseded)
    yield "a step", common
    yield "a check", set(Check.keys())
    yield "an extractor", set(Extractor.keys())
    yield "retry_policy", set(RetryPolicy.keys())
    yield "config.data_source", set(DataSource.keys())
    yield "config.env_vars", set(EnvVars.keys())
    yield "a profile", set(Profile.keys()) - set(Config.keys())
    for kind in reading.steps:
        yield f"a step of type {kind.name}", set(kind.spec.keys()) - common
