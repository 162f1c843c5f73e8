"""what the installed but unused plugin costs a run of 500 Python tests"""

import tempfile
from pathlib import Path

from benchmarks.timing import compare, pytest_run


def main():
    with tempfile.TemporaryDirectory() as folder:
        tests = "\n".join(f"def test_{n}(): pass" for n in range(500))
        Path(folder, "test_many.py").write_text(tests)
        compare(
            {
                "pytest without the plugin (floor)": lambda: pytest_run(
                    folder, "-p", "no:sisyphus"
                ),
                "with the plugin": lambda: pytest_run(folder),
            }
        )
