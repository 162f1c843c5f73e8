"""The generated parts of docs/*/reference, from the code they describe.

    python tests/documents/reference.py           write them anew

A part stands between `<!-- generated: NAME -->` and `<!-- end -->` and is replaced as a whole.
"""

import re
import sys
from pathlib import Path

from reference_parts import PARTS

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("en", "zh")
PART = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages():
    """`(path, language, text)` of each page with a generated part."""
    for language in LANGUAGES:
        for path in sorted((DOCS / language).rglob("*.md")):
            if PART.search(text := path.read_text("utf-8")):
                yield path, language, text


def rendered(text, language):
    return PART.sub(lambda found: f"{found[1]}{PARTS[found[2]](language)}{found[3]}", text)


def main():
    for path, language, text in pages():
        if (made := rendered(text, language)) != text:
            path.write_text(made, "utf-8")
            sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main()
