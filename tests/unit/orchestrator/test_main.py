"""The command in an environment that has the plugin alone."""

import subprocess
import sys

PLUGIN_ONLY = """
import sys
for name in ("sqlmodel", "starlette", "uvicorn"):
    sys.modules[name] = None
from orchestrator.__main__ import main
sys.exit(main())
"""


def test_without_its_extra_the_command_names_the_extra():
    done = subprocess.run(
        [sys.executable, "-c", PLUGIN_ONLY, "demo"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "pip install 'pytest-sisyphus[orchestrator]'" in done.stderr
    assert "Traceback" not in done.stderr
