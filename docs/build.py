"""Build the documents of both languages, a warning being an error: `python docs/build.py [OUT]`."""

import sys
from pathlib import Path

from sphinx.cmd.build import build_main

HERE = Path(__file__).parent
LANGUAGES = {"en": "en", "zh": "zh_CN"}


def build(out: Path) -> int:
    """The languages as `OUT/en` and `OUT/zh`; the number of those that failed."""
    failed = 0
    for folder, language in LANGUAGES.items():
        options = ["-q", "-W", "--keep-going", "-c", str(HERE), "-D", f"language={language}"]
        caches = ["-d", str(out / ".doctrees" / folder)]
        failed += build_main([*options, *caches, str(HERE / folder), str(out / folder)]) != 0
    return failed


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1] if len(sys.argv) > 1 else HERE / "_build")))
