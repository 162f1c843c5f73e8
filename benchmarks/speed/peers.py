"""Each engine in an environment of its own, so that no other plugin is measured with it; one that
cannot be installed is left out."""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: name -> what pip installs.
PEERS = {
    "ours": ["-e", str(ROOT)],
    "older engine": ["sisyphus-api-engine==1.0.2", "sqlmodel"],  # which it forgets to name
    "tavern": ["tavern>=3.7", "pytest<9.2"],
}
FOLDER = ROOT / ".benchmarks" / "environments"


def python_of(name: str) -> str | None:
    """The interpreter with that peer; None, with a note, where it cannot be had."""
    folder = FOLDER / name.replace(" ", "-")
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return str(python)
    venv.create(folder, with_pip=True, clear=True)
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *PEERS[name]],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"    {name} is left out: {done.stderr.strip()[-300:]}", file=sys.stderr)
        return None
    Path(folder, "complete").touch()
    return str(python)
