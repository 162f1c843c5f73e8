"""`type: loop`: steps again and again."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from ..dialect.model import Late, Value, When
from ..dialect.names import VariableName
from ..dialect.numbers import AtLeastOne, Count
from ..dialect.reading import refuse
from ..dialect.step import Steps, StepSpec
from ..errors import ConfigError, NotFulfilled, SisyphusError
from ..models.result import Outcome, StepResult
from ..render.scope import Scope
from ..render.template import is_template
from ..render.text import kind_of
from .children import counted, first_failure, idleness, steps_of
from .protocol import StepContext, StepType

_MOST: Final = 1000


class LoopSpec(StepSpec):
    loop_type: Annotated[
        Literal["for", "while", "foreach"], Field(description="what decides on the rounds")
    ]
    loop_count: Annotated[Count | None, Field(description="for: how many rounds")] = None
    loop_condition: Annotated[
        When | None, Late, Field(description="while: looked at before each round")
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
    loop_steps: Annotated[Steps, Late, Field(description="the steps of one round")] = ()

    @model_validator(mode="after")
    def _complete(self) -> "LoopSpec":
        needed = _NEEDED[self.loop_type]
        for key in _NEEDED.values():
            given = key in self.model_fields_set
            if given and key != needed:
                raise refuse(
                    f"a {self.loop_type!r} loop has {needed}, not {key}", self.place_of(key)
                )
            if not given and key == needed:
                raise refuse(f"a {self.loop_type!r} loop needs {needed}")
        if not self.loop_steps:
            raise refuse("a loop needs loop_steps: a list of steps")
        if needed == "loop_items" and not isinstance(self.loop_items, list):
            self._refuse_no_list()
        return self

    def _refuse_no_list(self) -> None:
        if not is_template(self.loop_items):
            raise refuse(
                f"loop_items must be a list, got {kind_of(self.loop_items)}",
                self.place_of("loop_items"),
            )

    @property
    def variable(self) -> str:
        return self.loop_variable or ("item" if self.loop_type == "foreach" else "index")


_NEEDED: Final = {"for": "loop_count", "while": "loop_condition", "foreach": "loop_items"}
_NO_ROUND: Final = {
    "for": "loop_count is 0",
    "while": "loop_condition did not hold",
    "foreach": "loop_items is empty",
}


def run(spec: LoopSpec, context: StepContext) -> Outcome:
    """The rounds share one scope, which the loop's own variables never leave."""
    inner = context.scope.child()
    results: list[StepResult] = []
    rounds, broken = 0, None
    try:
        for rounds in _rounds(spec, inner):
            results += _round(spec, context, inner, rounds)
            if spec.on_failure == "stop" and any(result.status.bad for result in results):
                break
    except SisyphusError as error:
        broken = error
    context.scope.always["steps"].update(steps_of(inner, context.scope))
    own = {spec.variable, "index"}
    return Outcome(
        document={"iterations": rounds, **counted(results)},
        children=tuple(results),
        variables={name: value for name, value in inner.changes().items() if name not in own},
        error=first_failure(results) or broken,
        idle=idleness(results) if rounds else f"no iteration: {_NO_ROUND[spec.loop_type]}",
    )


def _round(
    spec: LoopSpec, context: StepContext, scope: Scope, number: int
) -> tuple[StepResult, ...]:
    if spec.on_failure == "stop":
        return context.run_steps(spec.loop_steps, scope, round_=number)
    each = (context.run_steps((step,), scope, round_=number) for step in spec.loop_steps)
    return tuple(itertools.chain.from_iterable(each))


def _rounds(spec: LoopSpec, scope: Scope) -> Iterator[int]:
    """Numbers from 1, the loop's variables set for each. Raises NotFulfilled after too many."""
    most = spec.max_iterations or (_MOST if spec.loop_type == "while" else None)
    for number in _KINDS[spec.loop_type](spec, scope):
        if most is not None and number > most:
            raise NotFulfilled(
                f"{spec.place_of(_NEEDED[spec.loop_type])}: the loop was not over after {most} "
                "rounds (max_iterations)"
            )
        yield number


def _for(spec: LoopSpec, scope: Scope) -> Iterator[int]:
    for index in range(spec.loop_count or 0):
        scope.set(spec.variable, index)
        yield index + 1


def _while(spec: LoopSpec, scope: Scope) -> Iterator[int]:
    assert spec.loop_condition is not None  # noqa: S101 - a while loop has one, see _complete
    for index in itertools.count():
        scope.set(spec.variable, index)
        if not spec.loop_condition.holds(scope):
            return
        yield index + 1


def _foreach(spec: LoopSpec, scope: Scope) -> Iterator[int]:
    items: Any = spec.loop_items
    if not isinstance(items, list):
        raise ConfigError(
            f"{spec.place_of('loop_items')}: loop_items must be a list, got {kind_of(items)}"
        )
    for index, item in enumerate(items):
        scope.set("index", index)
        scope.set(spec.variable, item)
        yield index + 1


_KINDS: Final[Mapping[str, Callable[[LoopSpec, Scope], Iterator[int]]]] = {
    "for": _for,
    "while": _while,
    "foreach": _foreach,
}

LOOP = StepType(
    name="loop",
    spec=LoopSpec,
    run=run,
    description="runs its steps a number of times, while a condition holds, or for each item",
)
