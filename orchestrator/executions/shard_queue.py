"""The queue that legs share, as pure rules: how long cases may take, their order, a lease's size.

Figures of a simulation: an unknown case counts as a long one, or the last machine is late; files
stay together, so that fixtures of modules are set up seldom, but for long cases, which go first.
"""

from collections.abc import Mapping, Sequence
from typing import Final

#: of a case that nobody has timed, where no case was.
UNKNOWN_SECONDS: Final = 5.0
_LEAST_WEIGHT: Final = 0.01
#: what is longer than this part of a leg's share goes first.
_LONG: Final = 0.01
#: seconds of work in a lease, for each slot.
_LEAST, _MOST = 2.0, 60.0
#: leases that each slot will still come for, at least, if all goes evenly.
_LEASES_LEFT: Final = 2
#: a leg with so many outcomes and no pass among them is suspect.
SUSPECT_AFTER: Final = 10


def weights(case_ids: Sequence[int], known: Mapping[int, float]) -> list[float]:
    """Seconds that each case may take; an unknown one, the 90th percentile of the known ones."""
    there = sorted(known[case_id] for case_id in case_ids if case_id in known)
    unknown = there[int(len(there) * 0.9)] if there else UNKNOWN_SECONDS
    return [max(known.get(case_id, unknown), _LEAST_WEIGHT) for case_id in case_ids]


def ranked(seconds: Sequence[float], files: Sequence[str], legs: int) -> list[int]:
    """The place of each case in the queue, from 1 on: long ones first, the longest of them before
    all; then file by file, the heaviest file first, in a file as the plan has them."""
    long = sum(seconds) / legs * _LONG
    of_file: dict[str, float] = {}
    for weight, file in zip(seconds, files, strict=True):
        if weight < long:
            of_file[file] = of_file.get(file, 0.0) + weight
    heaviest = {file: n for n, file in enumerate(sorted(of_file, key=lambda f: -of_file[f]))}

    def place(case: int) -> tuple[float, ...]:
        if seconds[case] >= long:
            return (0, -seconds[case], case)
        return (1, heaviest[files[case]], case)

    ranks = [0] * len(seconds)
    for rank, case in enumerate(sorted(range(len(seconds)), key=place), start=1):
        ranks[case] = rank
    return ranks


def lease_seconds(rest: float, *, slots: int, all_slots: int) -> float:
    """How much work a leg with `slots` gets of what is left; `all_slots`: of all living legs."""
    share = rest / (_LEASES_LEFT * max(all_slots, 1))
    return min(_MOST, max(_LEAST, share)) * slots


def taken(queue: Sequence[tuple[int, float]], seconds: float) -> list[int]:
    """The first of the queue of `(id, seconds)` that fit, but one at least."""
    ids: list[int] = []
    total = 0.0
    for number, weight in queue:
        total += weight
        if ids and total > seconds:
            break
        ids.append(number)
    return ids


def is_suspect(own: Mapping[bool, int], others: Mapping[bool, int]) -> bool:
    """Whether a machine seems broken: it only failed where others passed more than half.

    Outcomes by whether they are a pass.
    """
    failed_all = not own.get(True, 0) and own.get(False, 0) >= SUSPECT_AFTER
    return failed_all and others.get(True, 0) > others.get(False, 0)
