"""Try again? Decided as pure data."""

import dataclasses
import random
from collections.abc import Mapping, Sequence
from typing import Final

from .dialect.config import Retrying, RetryPolicy
from .errors import ConfigError, SisyphusError

#: delays of a plain `retry_times`, in seconds; the last one repeats.
PLAIN_DELAYS: Final = (1.0, 2.0, 4.0, 8.0, 10.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
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

    def again_without_error(self, attempt: int, status_code: int | None) -> bool:
        """After an attempt of which nothing failed: a status that `retry_on` names by itself."""
        if attempt > self.extra_attempts or self.policy is None:
            return False
        named = _statuses(self.policy.retry_on, status_code)
        return named and not _statuses(self.policy.stop_on, status_code)


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


def _statuses(words: Sequence[str | int], status_code: int | None) -> bool:
    return any(_is_status(str(word), status_code) for word in words)


def _is_status(word: str, status_code: int | None) -> bool:
    code = "" if status_code is None else str(status_code)
    return bool(code) and word.lower() in {code, f"{code[0]}xx"}


def _names(word: str, error: SisyphusError, status_code: int | None) -> bool:
    if _is_status(word, status_code):
        return True
    return word.lower() in {error.type.lower(), error.category, *_ALSO.get(error.category, ())}


#: words of the older engine's documents for the same categories.
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "parsing": ("validation",),
    "assertion": ("validation",),
}
