"""`kill -9` of pytest, its workers and the service at seeded moments: is anything lost?"""

import argparse
import contextlib
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import sqlalchemy as sa

from benchmarks.reliability import checks, leg_scenario, project, scenario
from benchmarks.reliability.leg_round import LegRound
from benchmarks.reliability.round import Round
from benchmarks.reliability.service import Service

POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"
#: what is seen by its process needs no lease; one that reports to us speaks every 15 seconds.
OPTIONS = {
    "local": ("--runner", "local", "--slots", "2", "--sweep", "0.5"),
    "external": ("--runner", "external", "--lease", "17", "--sweep", "1"),
}
#: rounds.
AT_ONCE = 2


def main():
    given = _arguments()
    first, count = (given.first, given.seeds) if given.seed is None else (given.seed, 1)
    seeds = range(first, first + count)
    if given.shards > 1:
        scenes = [leg_scenario.of(seed, given.shards) for seed in seeds]
    else:
        scenes = list(map(scenario.of, seeds))
    scenes = [scene for scene in scenes if given.killed in {None, scene.target}]
    report = Report(len(scenes), end=time.monotonic() + 60 * given.minutes)
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    lanes = [
        threading.Thread(target=_lane, args=(rounds, folder, given, report))
        for rounds in _of_one_service(scenes)
    ]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    if given.keep:
        print(f"   kept in {folder}")
    else:
        shutil.rmtree(folder)
    return report.summary()


def _arguments():
    parser = argparse.ArgumentParser(prog="python -m benchmarks kills", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many rounds")
    parser.add_argument("--first", type=int, default=0, help="the first of their seeds")
    parser.add_argument("--seed", type=int, help="this round only")
    parser.add_argument(
        "--killed",
        choices=sorted({*scenario.TARGETS, *leg_scenario.TARGETS}),
        help="only rounds that kill this",
    )
    parser.add_argument("--shards", type=int, default=1, help="legs of each execution")
    parser.add_argument("--minutes", type=float, default=24 * 60, help="begin no round after that")
    parser.add_argument("--postgresql-url", default=POSTGRESQL, help="a schema is made in it")
    parser.add_argument("--keep", action="store_true", help="leave folders and logs behind")
    return parser.parse_args()


def _of_one_service(scenes):
    lanes = defaultdict(list)
    for scene in scenes:
        lanes[scene.lane].append(scene)
    return lanes.values()


def _lane(scenes, folder, given, report):
    """The rounds of one service, one after the other, beside those of the others."""
    try:
        with _served(scenes[0], folder, given) as service:
            for scene in scenes:
                if report.has_time():
                    _play(service, scene, report)
    except Exception as error:  # noqa: BLE001 -- no service, no rounds: said, and the others go on
        report.broke(scenes[0], error)


def _play(service, scene, report):
    with report.at_work:
        began = time.monotonic()
        try:
            kind = Round if isinstance(scene, scenario.Scenario) else LegRound
            outcome = kind(service, scene, report.at_work).play()
        except Exception as error:  # noqa: BLE001 -- the other rounds still count, this one says what it met
            report.broke(scene, error)
        else:
            report.add(scene, outcome, time.monotonic() - began)


@contextlib.contextmanager
def _served(scene, folder, given):
    """A service with the cases and their plan."""
    place = folder / "-".join(map(str, scene.lane))
    cases, options = project.CASES, {}
    if isinstance(scene, leg_scenario.LegScenario):
        cases, options = leg_scenario.CASES, {"seconds": leg_scenario.SECONDS}
    project.write(place / "project", cases=cases, **options)
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{place}/kills.sqlite3"
        if scene.database == "postgresql":
            url = stack.enter_context(_schema(given.postgresql_url))
        service = Service(place, url, *OPTIONS[scene.runner])
        stack.callback(service.stop)
        service.start()
        service.plan(cases)
        yield service


@contextlib.contextmanager
def _schema(url):
    name = f"kills_{secrets.token_hex(6)}"
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    made = sa.make_url(url).update_query_dict({"options": f"-csearch_path={name}"})
    try:
        yield made.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")


class Report:
    def __init__(self, wanted, *, end):
        self._wanted = wanted
        self._end = end
        self._lock = threading.Lock()
        #: held by a round, except while all that it does is wait for a lease.
        self.at_work = threading.Semaphore(AT_ONCE)
        self._began = time.monotonic()
        self._rounds = defaultdict(list)
        self._violations = Counter()
        self._broken = 0

    def has_time(self):
        return time.monotonic() < self._end

    def add(self, scene, outcome, seconds):
        with self._lock:
            self._rounds[scene.kind].append((outcome, seconds))
            for kind, words in outcome.violations:
                self._violations[kind] += 1
                print(f"   VIOLATION {kind}, --seed {scene.seed} ({scene.kind}): {words}")
            done = sum(map(len, self._rounds.values()))
            if done % 50 == 0:
                took = time.monotonic() - self._began
                print(f"   {done} of {self._wanted} in {took:.0f} s: {self._words()}", flush=True)

    def broke(self, scene, error):
        with self._lock:
            self._broken += 1
            print(f"   BROKEN --seed {scene.seed} ({scene.kind}): {error!r}", flush=True)

    def _words(self):
        return ", ".join(f"{self._violations[kind]} {kind}" for kind in checks.KINDS)

    def summary(self):
        """Printed; the exit code."""
        print(f"   {'killed':12} {'mode':6} {'runner':8} {'database':10}", end="")
        print("  rounds  killed  replayed  over after (median, longest)")
        for kind, played in sorted(self._rounds.items()):
            hit = [outcome for outcome, _ in played if outcome.hit]
            waits = sorted(outcome.over_after for outcome in hit) or [0.0]
            replayed = sum(outcome.replayed for outcome, _ in played)
            print(f"   {kind:39}  {len(played):6}  {len(hit):6}  {replayed:8}", end="")
            print(f"  {waits[len(waits) // 2]:6.1f} s {waits[-1]:6.1f} s")
        played = [one for many in self._rounds.values() for one in many]
        took, killed = time.monotonic() - self._began, sum(one.hit for one, _ in played)
        print(f"{len(played)} rounds in {took:.0f} s, {killed} kills: {self._words()}")
        if self._broken:
            print(f"{self._broken} rounds could not be played")
        return 1 if self._violations or self._broken else 0


if __name__ == "__main__":
    sys.exit(main())
