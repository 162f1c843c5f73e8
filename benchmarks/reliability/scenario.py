"""What happens in the round of a seed: all of it follows from the number."""

import dataclasses
import itertools
import random

from benchmarks.reliability.project import CASES

DATABASES = ("sqlite", "postgresql")
SERIAL, PARALLEL = 1, 2
#: what is killed. `group`: pytest with its workers; `both`: the service, and them while it is away.
TARGETS = PYTEST, WORKER, ORCHESTRATOR, GROUP, BOTH = (
    "pytest",
    "worker",
    "orchestrator",
    "group",
    "both",
)
#: (what is killed, run mode, who starts pytest). Without xdist there is no worker to kill.
KINDS = (
    *itertools.product((PYTEST, ORCHESTRATOR, GROUP, BOTH), (SERIAL, PARALLEL), ("local",)),
    *[(WORKER, PARALLEL, "local")] * 2,
    *itertools.product((PYTEST, ORCHESTRATOR), (SERIAL, PARALLEL), ("external",)),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    seed: int
    database: str
    target: str
    run_mode: int
    runner: str
    #: killed once so many tests have begun (0: once it was started; all: they are over too) …
    tests: int
    #: … and so many seconds have passed.
    delay: float
    #: which of the workers, as a share of them.
    worker: float
    #: seconds until a killed service is started again.
    away: float
    #: the spool that was left is delivered a second time.
    repeated: bool

    @property
    def kind(self):
        mode = "-n2" if self.run_mode == PARALLEL else "serial"
        return f"{self.target:12} {mode:6} {self.runner:8} {self.database}"

    @property
    def lane(self):
        return self.database, self.runner

    @property
    def pytest_dies(self):
        return self.target in {PYTEST, GROUP, BOTH}


def of(seed):
    chance = random.Random(seed)
    target, run_mode, runner = KINDS[seed // len(DATABASES) % len(KINDS)]
    tests = chance.choices([0, chance.randint(*_ends(CASES)), len(CASES)], [3, 5, 2])[0]
    longest = {0: 1.0, len(CASES): 0.3}.get(tests, 0.05)
    return Scenario(
        seed=seed,
        database=DATABASES[seed % len(DATABASES)],
        target=target,
        run_mode=run_mode,
        runner=runner,
        tests=tests,
        delay=chance.uniform(0, longest),
        worker=chance.random(),
        away=chance.uniform(0, 1.0),
        repeated=chance.random() < 0.25,
    )


def _ends(numbers):
    return numbers[0], numbers[-2]
