"""Imports only go down, foreign packages have their doors, the two packages never meet."""

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: room -> floor, ground first. A room imports from rooms below it, and from its own.
FLOORS = {
    "pytest_sisyphus": {
        "i18n": -1,
        "atomic_file": 0,
        "clock": 0,
        "errors": 0,
        "hookspecs": 0,
        "location": 0,
        "marks": 0,
        "node_ids": 0,
        "run_secrets": 0,
        "values": 0,
        "extensions": 1,
        "http": 1,
        "redact": 1,
        "results": 1,
        "scripting": 1,
        "config": 2,
        "extract": 2,
        "template": 2,
        "checks": 3,
        "spec": 3,
        "source": 4,
        "sql": 4,
        "steps": 5,
        "builtin": 6,
        "compiled": 6,
        "documents": 7,
        "engine": 7,
        "convert": 8,
        "embedding": 8,
        "nodes": 8,
        "execution": 9,
        "reporters": 9,
        "cli": 10,
        "plugin": 10,
    },
    "orchestrator": {
        "i18n": -2,
        "clock": -1,
        "content_encoding": -1,
        "errors": -1,
        "metrics": -1,
        "secrets": -1,
        "status": -1,
        "page": 1,
        "concurrency": 0,
        "db": 1,
        "schemas": 1,
        "runners": 2,
        "store": 2,
        "auth": 3,
        "notifications": 3,
        "config": 4,
        "executions": 4,
        "catalog": 5,
        "runs": 5,
        "container": 6,
        "hookspecs": 6,
        "plugins": 7,
        "routes": 7,
        "openapi": 8,
        "app": 9,
        "server": 10,
        "cli": 11,
        "__main__": 12,
    },
}

#: foreign package -> the rooms that may import it.
DOORS = {
    "pytest": {"cli", "config", "execution", "nodes", "plugin", "reporters"},
    "requests": {"http", "steps", "execution", "runners", "notifications", "cli"},
    "urllib3": {"http", "runners"},
    "jenkins": {"runners"},
    "yaml": {"source", "catalog"},
    "jinja2": {"template", "reporters", "openapi"},
    "markupsafe": {"reporters"},
    "jsonpath_ng": {"extract"},
    "jsonschema": {"checks"},
    "lxml": {"extract"},
    "allure_commons": {"reporters"},
    "jwt": {"auth"},
    "pluggy": {"hookspecs", "extensions", "plugins"},
    "prometheus_client": {"metrics"},
    "redis": {"auth"},
    "alembic": {"db"},
    "sqlalchemy": {"sql", "db", "store"},
    "sqlmodel": {"db", "store", "executions", "runs", "catalog", "notifications", "cli"},
    "starlette": {"routes", "openapi", "page", "app", "server", "cli"},
    "uvicorn": {"server", "cli"},
    "pydantic": {"spec", "steps", "source", "schemas", "openapi", "catalog"},
    "pydantic_core": {"spec", "schemas"},
}

#: (room, room): kept apart although their floors would allow it.
FORBIDDEN = {
    ("steps", "checks"),
    ("steps", "extract"),
    ("reporters", "engine"),
    ("reporters", "steps"),
    ("reporters", "spec"),
    ("execution", "engine"),
    ("execution", "spec"),
}

PACKAGES = [name for name in FLOORS if (ROOT / name).is_dir()]


def modules(package: str) -> list[Path]:
    return [
        path
        for path in sorted((ROOT / package).rglob("*.py"))
        if "demo/project" not in path.as_posix()
    ]


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imports(path: Path) -> list[tuple[str, int]]:
    """Absolute names of what a module imports when it runs, with their lines."""
    found: list[tuple[str, int]] = []
    for node in _runtime(parsed(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += _imported_from(node, path)
    return found


def _runtime(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        yield node
        yield from _runtime(node)


def _imported_from(node: ast.ImportFrom, path: Path) -> Iterator[tuple[str, int]]:
    if not node.level:
        yield node.module or "", node.lineno
        return
    base = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
    module = ".".join((*base, *([node.module] if node.module else [])))
    if node.module and len(base) > 0:
        yield module, node.lineno
    else:
        yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if len(parts) > 1 else parts[0]


def all_modules() -> list[Path]:
    return [path for package in PACKAGES for path in modules(package)]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_has_a_floor(package):
    rooms = {room_of(path) for path in modules(package)} - {"__init__"}

    assert rooms - FLOORS[package].keys() == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_is_on_the_map(package):
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")

    assert [room for room in FLOORS[package] if f"`{room}`" not in page] == ["__main__"][
        : package == "orchestrator"
    ]


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_what_a_page_names_is_there(page):
    """From the root, or from a package; a module also without its ending."""
    named = re.findall(r"`([\w.-]+(?:/[\w.-]+)+)/?`", (ROOT / page).read_text(encoding="utf-8"))

    assert [
        one
        for one in named
        if not any(
            (ROOT / base / f"{one}{ending}").exists()
            for base in ("", *PACKAGES)
            for ending in ("", ".py")
        )
    ] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_down(package):
    floors = FLOORS[package]
    upward = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules(package)
        for name, line in imports(path)
        if name.startswith(f"{package}.")
        and (room := name.split(".")[1]) != room_of(path)
        and floors.get(room, 99) >= floors.get(room_of(path), 99)
    ]

    assert upward == []


@pytest.mark.parametrize(
    ("package", "other"),
    [("pytest_sisyphus", "orchestrator"), ("orchestrator", "pytest_sisyphus")],
)
def test_the_two_packages_never_meet(package, other):
    meetings = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules(package)
        for name, line in imports(path)
        if name.split(".")[0] == other
    ]

    assert meetings == []


def test_foreign_packages_have_their_doors():
    intruders = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in all_modules()
        for name, line in imports(path)
        if (door := DOORS.get(name.split(".")[0])) and room_of(path) not in door
    ]

    assert intruders == []


def test_forbidden_pairs_stay_apart():
    pairs = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in all_modules()
        for name, line in imports(path)
        if "." in name and (room_of(path), name.split(".")[1]) in FORBIDDEN
    ]

    assert pairs == []


def test_the_engine_runs_without_pytest():
    """And what it stands on: who embeds it needs no test runner."""
    code = (
        "import sys, pytest_sisyphus.engine.runner; print({'pytest', 'pluggy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_the_plugins_door_imports_nothing_heavy():
    """Installed but unused, the plugin costs nothing worth measuring."""
    allowed = {*sys.stdlib_module_names, "pytest", "pytest_sisyphus"}
    door = [
        ROOT / "pytest_sisyphus" / name
        for name in ("plugin.py", "config/option_types.py", "config/options.py", "config/load.py")
    ]
    heavy = [
        f"{path.name}:{node.lineno}"
        for path in door
        for node in parsed(path).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
        if not (isinstance(node, ast.ImportFrom) and node.level)
        and name.split(".")[0] not in allowed
    ]

    assert heavy == []


def test_no_pattern_is_possessive_or_atomic():
    """Python 3.11.0 to 3.11.4 read `(a|b)*+` and `(?>…)` wrongly; Debian 12 has 3.11.2."""
    possessive = re.compile(r"[)\]}][*+?]\+(?!,)|\\[wdsWDS][*+?]\+|\(\?>")
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in all_modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if possessive.search(node.value)
    ]

    assert found == []
