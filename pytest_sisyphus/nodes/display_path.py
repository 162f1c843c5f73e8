"""Paths in messages as the person who started pytest would write them: terminals open those."""

import os
import re
from collections.abc import Collection

import pytest


def with_local_paths(text: str, files: Collection[str], config: pytest.Config) -> str:
    """The files are named relative to rootdir; pytest may have been started elsewhere."""
    start, root = config.invocation_params.dir, config.rootpath
    if start == root or not files:
        return text
    longest_first = sorted(files, key=len, reverse=True)
    names = "|".join(map(re.escape, longest_first))
    return re.sub(
        rf"(?<![\w./-])(?:{names})(?=:\d)",
        lambda found: os.path.relpath(root / found[0], start),
        text,
    )
