"""Which calls to try again, and when: the policy of all retries, without clock or network.

The delay before attempt n (from 1) is `first * factor ** (n - 1)`, at most `longest`, times a
random part between one half and one; a server's `Retry-After` is never undercut.
"""

import random
from collections.abc import Callable
from typing import Final

from pytest_sisyphus.values.record import record

#: answers that may be different next time; every other 4xx is final.
TRANSIENT_STATUSES: Final = frozenset({408, 425, 429})


def is_transient(http_status: int) -> bool:
    """A redirect counts: the orchestrator has none, so a proxy in between answered."""
    return http_status in TRANSIENT_STATUSES or http_status >= 500 or 300 <= http_status < 400


@record
class Backoff:
    #: seconds
    first: float = 0.2
    factor: float = 2.0
    longest: float = 30.0
    #: a number in [0, 1): spreads the calls of runners that lost the same server.
    chance: Callable[[], float] = random.random

    def delay(self, failures: int, retry_after: float | None = None) -> float:
        """Seconds to wait after so many failures in a row."""
        grown = self.first * self.factor ** min(failures - 1, 32)
        jittered = min(grown, self.longest) * (0.5 + self.chance() / 2)
        return max(jittered, retry_after or 0.0)
