"""`type: loop`: steps again and again."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from pytest_sisyphus.errors import ConfigError, NotFulfilled, SisyphusError
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.results import Outcome, StepResult
from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.fields import ConditionField, Value
from pytest_sisyphus.spec.model import Deferred
from pytest_sisyphus.spec.numbers import AtLeastOne, Count
from pytest_sisyphus.spec.step import Steps, StepSpec
from pytest_sisyphus.spec.variable_names import VariableName
from pytest_sisyphus.steps.nested_results import first_failure, new_steps, skip_reason, summary
from pytest_sisyphus.steps.protocol import StepContext
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.describe import kind_of

_MAX_WHILE: Final = 1000


class LoopSpec(StepSpec):
    loop_type: Annotated[
        Literal["for", "while", "foreach"], Field(description="what decides on the rounds")
    ]
    loop_count: Annotated[Count | None, Field(description="for: how many rounds")] = None
    loop_condition: Annotated[
        ConditionField | None, Deferred, Field(description="while: looked at before each round")
    ] = None
    loop_items: Annotated[Value, Field(description="foreach: a list, or a template of one")] = None
    loop_variable: Annotated[
        VariableName | None,
        Field(description="holds the round from 0 (index); in foreach the item (item)"),
    ] = None
    max_iterations: Annotated[
        AtLeastOne | None, Field(description="more rounds fail the loop; 1000 for while")
    ] = None
    on_failure: Annotated[
        Literal["stop", "continue"], Field(description="after a failed step: end, or go on")
    ] = "stop"
    loop_steps: Annotated[Steps, Deferred, Field(description="the steps of one round")] = ()

    @model_validator(mode="after")
    def _complete(self) -> "LoopSpec":
        needed = _KEY_BY_TYPE[self.loop_type]
        for key in _KEY_BY_TYPE.values():
            given = key in self.model_fields_set
            if given and key != needed:
                raise invalid(
                    tr(
                        "a {type!r} loop has {needed}, not {key}",
                        type=self.loop_type,
                        needed=needed,
                        key=key,
                    ),
                    self.location_of(key),
                )
            if not given and key == needed:
                raise invalid(
                    tr("a {type!r} loop needs {needed}", type=self.loop_type, needed=needed)
                )
        if not self.loop_steps:
            raise invalid(tr("a loop needs loop_steps: a list of steps"))
        items = self.loop_items
        if needed == "loop_items" and not isinstance(items, list) and not is_template(items):
            raise invalid(
                tr("loop_items must be a list, got {kind}", kind=kind_of(items)),
                self.location_of("loop_items"),
            )
        return self

    @property
    def variable(self) -> str:
        return self.loop_variable or ("item" if self.loop_type == "foreach" else "index")


_KEY_BY_TYPE: Final = {"for": "loop_count", "while": "loop_condition", "foreach": "loop_items"}
_NO_ITERATION: Final = {
    "for": marked("no iteration: loop_count is 0"),
    "while": marked("no iteration: loop_condition did not hold"),
    "foreach": marked("no iteration: loop_items is empty"),
}


def run(spec: LoopSpec, context: StepContext) -> Outcome:
    """The rounds share one scope, which the loop's own variables never leave."""
    inner = context.scope.child()
    results: list[StepResult] = []
    rounds, error = 0, None
    stops = spec.on_failure == "stop"
    # steps that run together are skipped after one of them that failed
    groups = [spec.loop_steps] if stops else [(step,) for step in spec.loop_steps]
    try:
        for rounds in _rounds(spec, inner):
            latest = [
                result
                for group in groups
                for result in context.run_steps(group, inner, round_=rounds)
            ]
            results += latest
            if stops and any(result.status.is_failure for result in latest):
                break
    except SisyphusError as raised:
        error = raised
    context.scope.record_steps(new_steps(inner, context.scope))
    own = {spec.variable, "index"}
    return Outcome(
        document={"iterations": rounds, **summary(results)},
        children=tuple(results),
        variables={name: value for name, value in inner.changes().items() if name not in own},
        error=first_failure(results) or error,
        skip_reason=skip_reason(results) if rounds else tr(_NO_ITERATION[spec.loop_type]),
    )


def _rounds(spec: LoopSpec, scope: Scope) -> Iterator[int]:
    """Numbers from 1, the loop's variables set for each. Raises NotFulfilled after too many."""
    most = spec.max_iterations or (_MAX_WHILE if spec.loop_type == "while" else None)
    for index, item in enumerate(_items(spec)):
        if spec.loop_type == "foreach":
            scope.set("index", index)
        scope.set(spec.variable, item)
        if spec.loop_condition is not None and not spec.loop_condition.evaluate(scope):
            return
        if most is not None and index >= most:
            location = spec.location_of(_KEY_BY_TYPE[spec.loop_type])
            raise NotFulfilled(
                tr(
                    "{location}: the loop was not over after {most} rounds (max_iterations)",
                    location=location,
                    most=most,
                )
            )
        yield index + 1


def _items(spec: LoopSpec) -> Iterable[Any]:
    """What the loop's variable holds, round by round. Raises ConfigError."""
    if spec.loop_type == "for":
        return range(spec.loop_count or 0)
    if spec.loop_type == "while":
        return itertools.count()
    items: Any = spec.loop_items
    if not isinstance(items, list):
        raise ConfigError(
            tr(
                "{location}: loop_items must be a list, got {kind}",
                location=spec.location_of("loop_items"),
                kind=kind_of(items),
            )
        )
    return items
