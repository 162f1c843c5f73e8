"""Statistics of measured times."""

import math
from collections.abc import Sequence


def latency(samples: Sequence[float]) -> dict[str, float]:
    """In the samples' unit. The percentiles are by nearest rank: values that were measured.

    Empty when there are no samples.
    """
    if not samples:
        return {}
    ordered = sorted(samples)
    return {
        "min": ordered[0],
        "avg": round(sum(ordered) / len(ordered), 3),
        "p50": _percentile(ordered, 50),
        "p95": _percentile(ordered, 95),
        "p99": _percentile(ordered, 99),
        "max": ordered[-1],
    }


def _percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]
