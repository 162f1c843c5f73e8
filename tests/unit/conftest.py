import pytest
from engine_kit import Engine
from languages import set_to_chinese  # noqa: F401 - for every test

from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.steps.protocol import StepType


@pytest.fixture
def engine(tmp_path):
    return Engine(tmp_path)


class Interrupt(StepSpec):
    pass


def _interrupt(spec, context):
    raise KeyboardInterrupt


@pytest.fixture
def interrupting(engine):
    """Adds `type: interrupt`: Ctrl-C in the middle of a step."""
    engine.extra_steps = (
        StepType(name="interrupt", spec=Interrupt, run=_interrupt, description="Ctrl-C"),
    )
