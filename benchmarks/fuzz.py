"""10 000 requests made from the API's own description: no 500, none outside the envelope

Needs the `fuzz` extra.
"""

import os
import subprocess
import sys


def main():
    subprocess.run(
        [sys.executable, "-m", "pytest", "tests/fuzz", "-q", "-s", "-p", "no:schemathesis"],
        env={**os.environ, "SISYPHUS_TEST_FUZZ": "220"},
        check=True,
    )
