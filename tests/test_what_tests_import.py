"""A test module can be collected where nothing but the extra `test` is installed."""

import ast
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
OURS = "pytest-sisyphus"


def brought_by(extra):
    """The distributions that `pip install '.[extra]'` brings, in lower case."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    found, open_ = set(), [f"{OURS}[{extra}]"]
    while open_:
        requirement = Requirement(open_.pop())
        name = requirement.name.lower().replace("_", "-")
        seen = {(name, extra) for extra in requirement.extras or {""}}
        if seen <= found:
            continue
        found |= seen
        if name == OURS:
            optional = project["optional-dependencies"]
            open_ += project["dependencies"]
            open_ += [line for extra in requirement.extras for line in optional[extra]]
            continue
        for line in metadata.requires(name) or []:
            further = Requirement(line)
            if not further.marker or any(
                further.marker.evaluate({"extra": extra}) for extra in requirement.extras or {""}
            ):
                open_.append(line)
    return {name for name, _ in found}


def test_no_module_imports_at_its_top_what_the_tests_do_not_install():
    local = {path.stem for path in ROOT.glob("tests/**/*.py")} | {
        "benchmarks",
        "orchestrator",
        "pytest_sisyphus",
    }
    brought = brought_by("test")
    packages = metadata.packages_distributions()

    foreign = [
        f"{path.relative_to(ROOT)}:{node.lineno} imports {name}"
        for path in [ROOT / "conftest.py", *sorted(ROOT.glob("tests/**/*.py"))]
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
        if (top := name.split(".")[0]) not in local | sys.stdlib_module_names
        and not brought & {dist.lower().replace("_", "-") for dist in packages.get(top, [])}
        and not skipped_without(path, top)
    ]

    assert foreign == []


def skipped_without(path, package):
    """`package = pytest.importorskip("package")` stands above."""
    return f'importorskip("{package}"' in path.read_text("utf-8")
