"""Try again? Decided as pure data."""

import dataclasses
import random
import re
from collections.abc import Mapping, Sequence
from typing import Final

from .dialect.config import Retrying, RetryPolicy
from .errors import ConfigError, SisyphusError

#: delays of a plain `retry_times`, in seconds; the last one repeats.
PLAIN_DELAYS: Final = (1.0, 2.0, 4.0, 8.0, 10.0)

_STATUS_CLASS: Final = re.compile(r"^[1-5]xx$", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Retries:
    """How often and how a step may be tried again."""

    extra_attempts: int
    policy: RetryPolicy | None = None

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Seconds to wait after attempt `attempt` (from 1): see the policy's formula.

        `fixed`: base; `linear`: base·k; `exponential`: base·multiplier^(k-1); capped at max_delay.
        """
        if self.policy is None:
            planned = PLAIN_DELAYS[min(attempt, len(PLAIN_DELAYS)) - 1]
            return max(planned, min(retry_after or 0.0, PLAIN_DELAYS[-1]))
        planned = min(_formula(self.policy, attempt), self.policy.max_delay)
        if self.policy.jitter:
            planned *= random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, hides nothing
        return max(planned, min(retry_after or 0.0, self.policy.max_delay))

    def again(self, attempt: int, error: SisyphusError, status_code: int | None) -> bool:
        """After attempt `attempt` (from 1) failed with `error`."""
        if attempt > self.extra_attempts or isinstance(error, ConfigError):
            return False
        if self.policy is None:
            return True
        if _named(self.policy.stop_on, error, status_code):
            return False
        return not self.policy.retry_on or _named(self.policy.retry_on, error, status_code)


def retries(step: Retrying, config: Retrying | None) -> Retries:
    """A step's `retry_times` and `retry_policy`, or else the config's; 0 switches them off."""
    for source in filter(None, (step, config)):
        times, policy = source.retry_times, source.retry_policy
        if times == 0 or (times is not None and policy is None):
            return Retries(extra_attempts=times)
        if policy is not None:
            return Retries(extra_attempts=times or policy.max_attempts, policy=policy)
    return Retries(extra_attempts=0)


def _formula(policy: RetryPolicy, attempt: int) -> float:
    if policy.strategy == "fixed":
        return policy.base_delay
    if policy.strategy == "linear":
        return policy.base_delay * attempt
    try:
        return policy.base_delay * policy.backoff_multiplier ** (attempt - 1)
    except OverflowError:
        return policy.max_delay


def _named(words: Sequence[str | int], error: SisyphusError, status_code: int | None) -> bool:
    return any(_names(str(word), error, status_code) for word in words)


def _names(word: str, error: SisyphusError, status_code: int | None) -> bool:
    if _STATUS_CLASS.match(word):
        return status_code is not None and str(status_code)[0] == word[0]
    if word.isdecimal():
        return status_code is not None and status_code == int(word)
    return word.lower() in {error.type.lower(), error.category, *_ALSO.get(error.category, ())}


#: words of the older engine's documents for the same categories.
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "parsing": ("validation",),
    "assertion": ("validation",),
}
