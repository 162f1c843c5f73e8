"""`python -m benchmarks` says what there is."""

import subprocess
import sys
from pathlib import Path

import benchmarks

FOLDER = Path(benchmarks.__file__).parent
#: a server that measurements start.
NO_MEASUREMENT = {"floors"}


def asked(*words):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_names_every_measurement():
    sources = [*FOLDER.glob("*.py"), *FOLDER.glob("*/__init__.py")]
    with_main = [one for one in sources if "\ndef main(" in one.read_text("utf-8")]
    names = {one.parent.name if one.stem == "__init__" else one.stem for one in with_main}
    done = asked("--help")
    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("  ")]
    assert done.returncode == 0
    assert {name for name, _what in lines} == names - {"__main__"} - NO_MEASUREMENT


def test_an_unknown_name_is_told_with_those_there_are():
    done = asked("ingst")
    assert done.returncode == 2
    assert "'ingst'" in done.stderr
    assert "  ingest" in done.stderr
