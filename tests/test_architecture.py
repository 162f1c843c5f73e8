"""Imports only go down, foreign packages have their doors, the two packages never meet."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

#: room -> floor, ground first. A room imports from rooms below it, and from its own.
FLOORS = {
    "pytest_sisyphus": {
        "errors": 0,
        "clock": 0,
        "located": 0,
        "marks": 0,
        "logs": 0,
        "encodable": 0,
        "numerals": 0,
        "jsontext": 1,
        "broken": 1,
        "run_secrets": 0,
        "redact": 1,
        "registry": 1,
        "once": 2,
        "options": 1,
        "settings": 2,
        "command_line": 3,
        "models": 2,
        "render": 3,
        "extract": 3,
        "checks": 4,
        "transport": 3,
        "dialect": 5,
        "scripting": 4,
        "loading": 6,
        "retry": 6,
        "steps": 7,
        "planning": 8,
        "expansion": 9,
        "attempt": 9,
        "engine": 10,
        "protocol": 9,
        "failure": 10,
        "properties": 10,
        "masking": 10,
        "hookspecs": 10,
        "reasons": 10,
        "fromhere": 0,
        "interrupts": 0,
        "remarks": 10,
        "reporters": 11,
        "execution": 11,
        "standard": 11,
        "parts": 12,
        "carried": 13,
        "discovery": 12,
        "collector": 13,
        "plugin": 14,
        "cases_only": 14,
        "command_output": 13,
        "command_runs": 14,
        "cli": 15,
    },
    "orchestrator": {
        "artifacts": 0,
        "time_limits": 0,
        "clock": 0,
        "errors": 0,
        "secret": 0,
        "logs": 0,
        "metrics": 0,
        "models": 0,
        "processes": 0,
        "status": 0,
        "database": 1,
        "runners": 1,
        "settings": 2,
        "own_secrets": 3,
        "shapes": 1,
        "store": 1,
        "webhooks": 1,
        "migrations": 1,
        "schema": 2,
        "planfile": 3,
        "retention": 3,
        "tokenadmin": 3,
        "writer": 2,
        "services": 3,
        "desk": 4,
        "hookspecs": 4,
        "standard": 5,
        "plugins": 6,
        "parts": 7,
        "routes": 5,
        "description": 6,
        "app": 8,
        "doctor": 8,
        "serving": 9,
        "demo": 9,
        "cli": 10,
        "__main__": 11,
    },
}

#: foreign package -> the rooms that may import it.
DOORS = {
    "requests": {"transport", "steps", "execution", "demo", "runners", "webhooks"},
    "urllib3": {"transport", "runners"},
    "jenkins": {"runners"},
    "yaml": {"loading", "planfile"},
    "jinja2": {"render", "reporters", "description"},
    "markupsafe": {"render", "reporters"},
    "jsonpath_ng": {"extract"},
    "jsonschema": {"checks"},
    "allure_commons": {"reporters"},
    "jwt": {"services"},
    "pluggy": {"hookspecs", "plugins"},
    "prometheus_client": {"metrics"},
    "redis": {"services"},
    "alembic": {"migrations", "schema"},
    "sqlalchemy": {
        "transport",
        "time_limits",
        "database",
        "models",
        "store",
        "writer",
        "migrations",
        "schema",
    },
    "sqlmodel": {"models", "database", "store", "writer", "tokenadmin", "services", "planfile"},
    "starlette": {"routes", "description", "app", "demo", "serving"},
    "uvicorn": {"serving", "demo"},
    "pydantic": {"dialect", "steps", "loading", "shapes", "description", "planfile"},
    "pydantic_core": {"dialect", "shapes"},
}

#: (room, room): kept apart although their floors would allow it.
FORBIDDEN = {
    ("steps", "checks"),
    ("steps", "extract"),
    ("reporters", "engine"),
    ("reporters", "steps"),
    ("reporters", "dialect"),
    ("execution", "engine"),
    ("execution", "dialect"),
}

PACKAGES = [name for name in FLOORS if (ROOT / name).is_dir()]


def modules(package: str) -> list[Path]:
    return [
        path
        for path in sorted((ROOT / package).rglob("*.py"))
        if "demo/project" not in path.as_posix()
    ]


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Absolute names of what a module imports when it runs, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _runtime(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node, path)


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


def test_the_plugins_door_imports_nothing_heavy():
    """Installed but unused, the plugin costs nothing worth measuring."""
    allowed = {*sys.stdlib_module_names, "pytest", "pytest_sisyphus"}
    door = [
        ROOT / "pytest_sisyphus" / name
        for name in ("plugin.py", "options.py", "settings.py", "command_line.py", "hookspecs.py")
    ]
    heavy = [
        f"{path.name}:{node.lineno}"
        for path in door
        for node in ast.parse(path.read_text(encoding="utf-8")).body
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
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if possessive.search(node.value)
    ]

    assert found == []
