"""Our own kinds of step, by name: a module costs milliseconds, and most runs use one or two."""

from importlib import import_module
from typing import Any

from pytest_sisyphus.steps.protocol import StepType


class BuiltinStepType(StepType[Any]):
    """`request.py` has `RequestSpec` and `run`: it is imported when one of them is asked for."""

    def __init__(self, *, name: str, **fields: Any) -> None:
        vars(self).update(fields, name=name)

    def __getattr__(self, field: str) -> Any:
        if field not in {"spec", "run"}:
            raise AttributeError(field)
        module = import_module(f"{__package__}.{self.name}")
        vars(self).update(spec=getattr(module, f"{self.name.title()}Spec"), run=module.run)
        return vars(self)[field]
