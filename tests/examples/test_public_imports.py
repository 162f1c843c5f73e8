"""Documents and examples import what is public, and nothing from inside the packages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRIVATE = re.compile(r"^\s*(?:from|import)\s+(?:pytest_sisyphus|orchestrator)\.\w+.*", re.MULTILINE)
SHOWN = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(path for path in (ROOT / "examples").rglob("*") if path.is_file()),
    *(ROOT / "orchestrator/cli/demo/project").rglob("*.py"),
    *(ROOT / "tests/typing").glob("*.py"),
]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_public_names_are_imported(path):
    assert PRIVATE.findall(path.read_text("utf-8")) == []
