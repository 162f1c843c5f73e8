"""A Chinese section carries the hash of the English one it renders: `<!-- en: 3f2a91 -->`.

    python tests/documents/twins.py PAGE…         say that docs/zh/PAGE renders docs/en/PAGE as it is

Sections are told apart by their headings, and compared in their order. What is generated has none.
"""

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
GENERATED = re.compile(r"(<!-- generated: [\w-]+ -->\n).*?(<!-- end -->)", re.DOTALL)
FENCE = re.compile(r"^(`{3,}|:{3,})")
HEADING = re.compile(r"^(#{1,6}) (.+)$")
MARK = re.compile(r"^<!-- en: (\w+) -->$", re.MULTILINE)

#: pages whose Chinese one is shorter, and no rendering.
SHORTER = {"migration.md"}


@dataclass(frozen=True)
class Section:
    line: int
    level: int
    title: str
    text: str

    @property
    def hash(self):
        plain = "\n".join(line.rstrip() for line in self.text.splitlines() if line.strip())
        return hashlib.sha256(plain.encode()).hexdigest()[:6]

    @property
    def renders(self):
        found = MARK.search(self.text)
        return found and found[1]


def sections(text):
    """The sections of a page in their order; a `#` inside of a code block is no heading."""
    text = GENERATED.sub(
        lambda found: found[1] + "\n" * (found[0].count("\n") - 1) + found[2], text
    )
    found, fence = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        if opened := FENCE.match(line):
            fence = "" if fence and line.startswith(fence) else fence or opened[1]
        if not fence and (heading := HEADING.match(line)):
            found.append((number, len(heading[1]), heading[2], []))
        if found:
            found[-1][3].append(line)
    return [Section(line, level, title, "\n".join(lines)) for line, level, title, lines in found]


def twins():
    """`(English page, Chinese page)` of each page that is there in Chinese."""
    for path in sorted((DOCS / "zh").rglob("*.md")):
        yield DOCS / "en" / path.relative_to(DOCS / "zh"), path


def stamped(english, chinese):
    """The Chinese text with the hashes of the English sections in it."""
    lines = chinese.splitlines()
    originals = sections(english)
    mine = sections(chinese)
    assert [one.level for one in originals] == [one.level for one in mine], "other headings"
    for original, one in reversed(list(zip(originals, mine, strict=True))):
        mark = f"<!-- en: {original.hash} -->"
        if one.line < len(lines) and MARK.fullmatch(lines[one.line]):
            lines[one.line] = mark
        else:
            lines.insert(one.line, mark)
    return "\n".join(lines) + "\n"


def main(pages):
    for name in pages:
        path = DOCS / "zh" / name
        english = (DOCS / "en" / name).read_text("utf-8")
        path.write_text(stamped(english, path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
