"""Whether and when a failed step is tried again: pure decisions."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

from pytest_sisyphus.errors import ConfigError, SisyphusError
from pytest_sisyphus.spec.config import Retrying, RetryPolicy
from pytest_sisyphus.values.record import record

#: delays of a plain `retry_times`, in seconds; the last one repeats.
PLAIN_DELAYS: Final = (1.0, 2.0, 4.0, 8.0, 10.0)


@record
class Retries:
    """How often and how a step may be tried again."""

    extra_attempts: int
    policy: RetryPolicy | None = None

    @property
    def rerenders(self) -> bool:
        """Each attempt has its templates rendered anew; else all send the same."""
        return self.policy is not None and self.policy.rerender

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Seconds to wait after attempt `attempt` (from 1): see the policy's formula.

        `fixed`: base; `linear`: base·k; `exponential`: base·multiplier^(k-1); capped at max_delay.
        """
        if self.policy is None:
            planned = PLAIN_DELAYS[min(attempt, len(PLAIN_DELAYS)) - 1]
            return max(planned, min(retry_after or 0.0, PLAIN_DELAYS[-1]))
        planned = min(_backoff(self.policy, attempt), self.policy.max_delay)
        if self.policy.jitter:
            planned *= random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, hides nothing
        return max(planned, min(retry_after or 0.0, self.policy.max_delay))

    def should_retry(self, attempt: int, error: SisyphusError, status_code: int | None) -> bool:
        """After attempt `attempt` (from 1) failed with `error`."""
        if attempt > self.extra_attempts or isinstance(error, ConfigError):
            return False
        if self.policy is None:
            return True
        if _matches_any(self.policy.stop_on, error, status_code):
            return False
        return not self.policy.retry_on or _matches_any(self.policy.retry_on, error, status_code)

    def should_retry_status(self, attempt: int, status_code: int | None) -> bool:
        """After an attempt of which nothing failed: a status that `retry_on` names by itself."""
        if attempt > self.extra_attempts or self.policy is None:
            return False
        matches = _statuses(self.policy.retry_on, status_code)
        return matches and not _statuses(self.policy.stop_on, status_code)


_NONE: Final = Retries(extra_attempts=0)


def retries_of(step: Retrying | None, config: Retrying | None) -> Retries:
    """A step's `retry_times` and `retry_policy`, or else the config's; 0 switches them off."""
    for source in filter(None, (step, config)):
        times, policy = source.retry_times, source.retry_policy
        if times == 0 or (times is not None and policy is None):
            return Retries(extra_attempts=times)
        if policy is not None:
            return Retries(extra_attempts=times or policy.max_attempts, policy=policy)
    return _NONE


def _backoff(policy: RetryPolicy, attempt: int) -> float:
    if policy.strategy == "fixed":
        return policy.base_delay
    if policy.strategy == "linear":
        return policy.base_delay * attempt
    try:
        return policy.base_delay * policy.backoff_multiplier ** (attempt - 1)
    except OverflowError:
        return policy.max_delay


def _matches_any(words: Sequence[str | int], error: SisyphusError, status_code: int | None) -> bool:
    """Whether a word names the error's type, its category, or the status code."""
    names = {error.type, error.category, *_CATEGORY_ALIASES.get(error.category, ())}
    known = {name.lower() for name in names}
    return _statuses(words, status_code) or any(str(word).lower() in known for word in words)


def _statuses(words: Sequence[str | int], status_code: int | None) -> bool:
    if status_code is None:
        return False
    code = str(status_code)
    known = {code, f"{code[0]}xx"}
    return any(str(word).lower() in known for word in words)


#: words of the older engine's documents for the same categories.
_CATEGORY_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "parsing": ("validation",),
    "assertion": ("validation",),
}
