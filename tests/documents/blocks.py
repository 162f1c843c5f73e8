"""The code blocks of a page: language, what a comment before the block says of it, text, line.

`<!-- run -->`              console: its commands are run, and say what stands below them
`<!-- step -->`, …          yaml: which part of a case it is (see `yaml_blocks.FRAMES`)
`<!-- checks of: JSON -->`  yaml: checks that hold of that body
`<!-- wrong -->`            yaml: a file with a mistake, which a command then names
`<!-- file: NAME -->`       any: the text is that file; so it is with a first line `# NAME`
`<!-- shown -->`            only to look at: what nothing here could run

`<!-- file: NAME`, lines, `-->` makes a file that the reader does not see.
"""

import re
from dataclasses import dataclass

BLOCK = re.compile(
    r"^<!-- file: (?P<hidden>\S+)\n(?P<content>.*?)^-->$"
    r"|(?:^<!-- (?P<about>[^\n]*?) -->\n)?^(?P<indent> *)```(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
NAMED = re.compile(r"# ([\w./-]+\.\w+|\.\w+)(?=[\s:;,]|$)")


@dataclass(frozen=True)
class Block:
    line: int
    language: str
    about: str
    text: str

    @property
    def file(self):
        """The file that the block is; empty: none."""
        if self.about.startswith("file: "):
            return self.about.removeprefix("file: ")
        found = NAMED.match(self.text)
        return found[1] if found and self.language in {"yaml", "python", "text", "ini"} else ""


def blocks(page):
    for found in BLOCK.finditer(page):
        line = page.count("\n", 0, found.start()) + 1
        if found["hidden"]:
            yield Block(line, "hidden", f"file: {found['hidden']}", found["content"])
        else:
            text = re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
            yield Block(line, found["language"].strip(), found["about"] or "", text)
