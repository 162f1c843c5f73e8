"""What happens in a round of legs: all of it follows from the number of its seed."""

import dataclasses
import random

from benchmarks.reliability.scenario import DATABASES

CASES = range(1, 31)
#: an expression, what the case `n` takes.
SECONDS = "0.05 * (1 + n % 4)"
#: what is killed: a leg, one of its workers, its group, the groups of two legs, the service, a leg
#: while the service is away. `stopped`: SIGSTOP until it is given up, a cut network; `asked`:
#: SIGTERM.
TARGETS = LEG, WORKER, GROUP, TWO, SERVICE, BOTH, STOPPED, ASKED = (
    "leg",
    "worker",
    "group",
    "two legs",
    "service",
    "both",
    "stopped",
    "asked",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LegScenario:
    seed: int
    database: str
    target: str
    shards: int
    #: of each leg; 0: serial.
    workers: int
    #: once so many tests have begun …
    tests: int
    #: … and so many seconds have passed.
    delay: float
    #: which of the legs, and of its workers, as a share of them.
    chosen: float
    #: seconds until a killed service is started again.
    away: float
    runner: str = "external"

    @property
    def kind(self):
        mode = f"-n{self.workers}" if self.workers else "serial"
        return f"{self.target:12} {mode:6} {self.shards} legs   {self.database}"

    @property
    def lane(self):
        return self.database, self.runner


def of(seed, shards):
    chance = random.Random(seed)
    target = TARGETS[seed // len(DATABASES) % len(TARGETS)]
    return LegScenario(
        seed=seed,
        database=DATABASES[seed % len(DATABASES)],
        target=target,
        shards=shards,
        workers=2 if target == WORKER else chance.choice([0, 2]),
        tests=chance.choice([0, chance.randint(1, len(CASES) - 2)]),
        delay=chance.uniform(0, 0.2),
        chosen=chance.random(),
        away=chance.uniform(0, 3.0),
    )
