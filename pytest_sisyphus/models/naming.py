"""Names for steps that run inside others: no two steps of a case's outputs are called the same.
And names in node ids: what is printed there can be given back to pytest.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from .result import StepResult

#: what would break a printed line, or steer the terminal.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_ROUND: Final = str.maketrans("[]", "()")


def name_in_id(name: str) -> str:
    """Of a case, or of a data row: on one line, and without blanks around it that nobody sees.

    Square brackets in front become round ones: pytest takes what begins with one for parameters,
    and prints their end.
    """
    text = _UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], name.strip())
    if "[" in text and not text.endswith("]"):
        text = text.translate(_ROUND)
    return text or name


def name_parts(name: str) -> list[str]:
    """As pytest takes an argument apart: at `::`, but not behind the first bracket."""
    head, bracket, rest = name.partition("[")
    *outer, last = head.split("::")
    return [*outer, last + bracket + rest]


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
