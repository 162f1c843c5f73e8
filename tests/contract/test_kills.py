"""The campaign of kills itself, for a few rounds; `python -m benchmarks kills` plays a thousand."""

import subprocess
import sys
from pathlib import Path

import pytest
from services import made_on

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("options", "rounds"),
    [(["--seeds=4"], 4), (["--shards=3", "--first=8", "--seeds=2"], 2)],
    ids=["one pytest", "three legs"],
)
def test_a_few_rounds_of_kills_lose_nothing(options, rounds):
    with made_on("postgresql") as url:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", "kills", *options, f"--postgresql-url={url}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{rounds} rounds in" in done.stdout
    assert f"{rounds} kills: 0 lost, 0 untrue, 0 double, 0 unfinished, 0 counters" in done.stdout
