"""The names that extensions and other programs import: all there, none loaded before it is used."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ["pytest_sisyphus", "orchestrator"]
ROOT = Path(__file__).parents[2]


def typed_names(package):
    """What a type checker sees: the imports under TYPE_CHECKING, by module."""
    tree = ast.parse((ROOT / package / "__init__.py").read_text("utf-8"))
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return {name.name: node.module for node in block.body for name in node.names}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_is_there_for_python_and_for_a_type_checker(package):
    public = importlib.import_module(package)
    typed = typed_names(package)

    assert sorted(typed) == sorted(public.__all__)
    for name, module in typed.items():
        assert getattr(public, name) is getattr(importlib.import_module(module), name)
    assert {*public.__all__} <= {*dir(public)}


@pytest.mark.parametrize("package", PACKAGES)
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        importlib.import_module(package).Nothing  # noqa: B018 - it is looked up


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_the_package_loads_nothing_of_it(package):
    program = (
        "import sys; before = {*sys.modules}; "
        f"import {package}; print(sorted({{*sys.modules}} - before))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); " + program],
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = ast.literal_eval(done.stdout)
    assert [name for name in loaded if name.startswith(f"{package}.")] == []
