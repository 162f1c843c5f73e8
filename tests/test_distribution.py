"""What is handed out: the wheel and the sdist, built, and the wheel installed where nothing else is."""

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import hatchling.build
import pytest

ROOT = Path(__file__).parent.parent
VENDORED = sorted((ROOT / "orchestrator/page/static/vendor").glob("*.LICENSE.txt"))
COMMANDS = {"sisyphus-api-engine", "sisyphus-api-validate", "sisyphus-orchestrator"}
#: what only extras bring: the service, databases.
OF_EXTRAS = {"alembic", "sqlalchemy", "sqlmodel", "starlette", "uvicorn"}
CASE = "name: waits\nsteps: [{name: wait, type: wait, seconds: 0}]\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the sdist."""
    folder = str(tmp_path_factory.mktemp("dist"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # a build backend is called in the project's folder
        names = hatchling.build.build_wheel(folder), hatchling.build.build_sdist(folder)
    return tuple(Path(folder) / name for name in names)


@pytest.fixture(scope="module")
def metadata(built):
    with zipfile.ZipFile(built[0]) as wheel:
        (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
        return wheel.read(name).decode()


def test_the_wheel_has_types_and_the_licences_of_what_is_vendored(built):
    with zipfile.ZipFile(built[0]) as wheel:
        names = wheel.namelist()

    assert {"pytest_sisyphus/py.typed", "orchestrator/py.typed"} <= set(names)
    licences = {one.split("/licenses/")[1] for one in names if "/licenses/" in one}
    expected = {"LICENSE", *(path.relative_to(ROOT).as_posix() for path in VENDORED)}
    assert VENDORED
    assert licences == expected
    assert [one for one in names if one.startswith(("tests/", "docs/"))] == []


def test_the_sdist_has_the_tests(built):
    with tarfile.open(built[1]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}

    assert {"pyproject.toml", "LICENSE", "README.md", "tests/test_distribution.py"} <= names
    assert not [one for one in names if one.startswith((".venv", ".tox"))]


def test_each_python_that_is_tested_is_named(metadata):
    tested = re.search(r"py\{([\d,]+)\}", (ROOT / "tox.ini").read_text("utf-8"))[1]

    named = re.findall(r"Programming Language :: Python :: (3\.\d+)\n", metadata)
    assert named == [f"3.{one[1:]}" for one in tested.split(",")]


def test_all_brings_reports_and_reruns(metadata):
    everything = re.findall(r"Requires-Dist: ([\w-]+).*extra == 'all'", metadata)

    assert {"allure-pytest", "pytest-rerunfailures"} <= set(everything)


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The folder of commands of a new environment that has the wheel and what it needs."""
    place = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", place], check=True, timeout=60)
    command = [place / "bin/pip", "install", "-q", "--disable-pip-version-check", built[0]]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)
    if re.search("Could not find a version|Failed to establish|connection", ran.stderr):
        pytest.skip("no package index is here")
    assert ran.returncode == 0, ran.stderr
    return place / "bin"


@pytest.mark.timeout(240)
def test_the_wheel_works_where_nothing_else_is(installed, tmp_path):
    def run(*args):
        command = [installed / args[0], *args[1:]]
        return subprocess.run(
            command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60
        )

    (tmp_path / "waits.yaml").write_text(CASE)
    assert "1 passed" in run("pytest", "-q", "waits.yaml").stdout
    assert {one.name for one in installed.iterdir()} >= COMMANDS
    assert run("sisyphus-api-engine", "--cases", "waits.yaml").returncode == 0
    assert run("sisyphus-api-validate", "waits.yaml").returncode == 0

    listed = run("pip", "list", "--format", "json", "--disable-pip-version-check").stdout
    names = {one["name"].lower() for one in json.loads(listed)}
    brought = names - {"pip", "setuptools", "pytest-sisyphus"}
    assert "pytest-sisyphus" in names
    assert len(brought) <= 20, sorted(brought)
    assert not brought & OF_EXTRAS
