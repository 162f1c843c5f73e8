"""Names for steps that run inside others: no two steps of a case's outputs are called the same."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from .result import StepResult


def named_apart(steps: Sequence[StepResult]) -> tuple[StepResult, ...]:
    """Steps inside a loop carry their rounds: `child [2]`, in a loop in a loop `child [2.1]`.

    A name that is still taken gets a number: `child [2]`. A case's own steps keep theirs.
    """
    taken = Counter(step.name for step in steps)
    return tuple(dataclasses.replace(step, children=_children(step, (), taken)) for step in steps)


def _children(
    parent: StepResult, rounds: tuple[int, ...], taken: Counter[str]
) -> tuple[StepResult, ...]:
    return tuple(_child(step, rounds, taken) for step in parent.children)


def _child(step: StepResult, rounds: tuple[int, ...], taken: Counter[str]) -> StepResult:
    if step.round is not None:
        rounds = (*rounds, step.round)
    wanted = f"{step.name} [{'.'.join(map(str, rounds))}]" if rounds else step.name
    name = _free(wanted, taken)
    taken[name] += 1
    return dataclasses.replace(step, name=name, children=_children(step, rounds, taken))


def _free(wanted: str, taken: Counter[str]) -> str:
    name = wanted
    while name in taken:
        taken[wanted] += 1
        name = f"{wanted} [{taken[wanted]}]"
    return name
