"""The comments of a YAML text, which its values do not carry."""

from typing import NamedTuple

import yaml


class Comment(NamedTuple):
    #: from 1.
    line: int
    #: with its `#`.
    text: str
    #: nothing else stands on its line.
    is_alone: bool


def comments(text: str) -> list[Comment]:
    """In the order in which they stand. `text` is YAML that can be read."""
    found: list[Comment] = []
    end = 0
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        # between two tokens there are only blanks and comments
        start = token.start_mark.index
        at = text.find("#", end, start)
        while at >= 0:
            stop = text.find("\n", at)
            stop = len(text) if stop < 0 else stop
            line_start = text.rfind("\n", 0, at) + 1
            is_alone = not text[line_start:at].strip()
            found.append(Comment(text.count("\n", 0, at) + 1, text[at:stop].rstrip(), is_alone))
            at = text.find("#", stop, start)
        end = max(end, token.end_mark.index)
    return found
