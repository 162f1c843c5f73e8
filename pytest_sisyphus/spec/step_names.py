"""Names for steps that run inside others: no two steps of a case's outputs are called the same."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from pytest_sisyphus.results import StepResult


def unique_step_names(steps: Sequence[StepResult]) -> tuple[StepResult, ...]:
    """Steps inside a loop carry their rounds: `child [2]`, in a loop in a loop `child [2.1]`.

    A name that is still taken gets a number: `child [2]`. A case's own steps keep theirs.
    """
    taken = Counter(step.name for step in steps)
    return tuple(
        dataclasses.replace(step, children=_children(step, (), taken)) if step.children else step
        for step in steps
    )


def _children(
    parent: StepResult, rounds: tuple[int, ...], taken: Counter[str]
) -> tuple[StepResult, ...]:
    named = []
    for step in parent.children:
        inside = rounds if step.round is None else (*rounds, step.round)
        name = wanted = f"{step.name} [{'.'.join(map(str, inside))}]" if inside else step.name
        while name in taken:
            taken[wanted] += 1
            name = f"{wanted} [{taken[wanted]}]"
        taken[name] += 1
        children = _children(step, inside, taken)
        named.append(dataclasses.replace(step, name=name, children=children))
    return tuple(named)
