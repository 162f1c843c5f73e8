"""Our own kinds of step, which are registered without their modules."""

import importlib

import pytest

from pytest_sisyphus.builtin import STEP_TYPES
from pytest_sisyphus.steps.builtin import BuiltinStepType


@pytest.mark.parametrize("kind", STEP_TYPES, ids=lambda kind: kind.name)
def test_a_kind_is_what_its_module_says(kind):
    module = importlib.import_module(f"pytest_sisyphus.steps.{kind.name}")

    # by name: runs of pytest in this process import the modules anew
    assert (kind.run.__module__, kind.run.__name__) == (module.__name__, "run")
    assert (kind.spec.__module__, kind.spec.__name__) in {
        (one.__module__, one.__name__) for one in vars(module).values() if isinstance(one, type)
    }


def test_what_no_kind_has():
    with pytest.raises(AttributeError, match="colour"):
        BuiltinStepType(name="wait", description="").colour  # noqa: B018
