"""Where in a case file a key belongs that was written elsewhere."""

from typing import Any

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.check import Check
from pytest_sisyphus.spec.config import Config, EnvVars, Profile, RetryPolicy
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.extractor import Extractor
from pytest_sisyphus.spec.step import StepSpec

#: more places than these are no help.
_FEW = 2


def sections_allowing(key: Any, validation: ValidationContext) -> tuple[str, ...]:
    """How messages name the sections; empty when nothing, or too much, has such a key."""
    from pytest_sisyphus.spec.data_source import DataSource  # noqa: PLC0415 - only with a mistake

    common, config = set(StepSpec.keys()), set(Config.keys())
    keys = {
        tr("the top level of the case"): set(Case.keys()),
        "config": config - set(Config.deprecated),
        tr("a step"): common,
        tr("a check"): set(Check.keys()),
        tr("an extractor"): set(Extractor.keys()),
        "retry_policy": set(RetryPolicy.keys()),
        "config.data_source": set(DataSource.keys()),
        "config.env_vars": set(EnvVars.keys()),
        tr("a profile"): set(Profile.keys()) - config,
    }
    keys |= {
        tr("a step of type {type}", type=one.name): set(one.spec.keys()) - common
        for one in validation.steps
    }
    sections = tuple(section for section, known in keys.items() if key in known)
    return sections if len(sections) <= _FEW else ()
