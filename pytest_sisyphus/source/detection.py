"""Which YAML files are cases: by their top-level keys, without parsing."""

import re
from typing import Final

from pytest_sisyphus.i18n import marked

#: of PROJECT_FILE, where a case is meant.
NO_CASE: Final = marked(
    "this is project configuration, which holds for the cases in its folder and below; it is no "
    "case itself: name the folder, or a case in it"
)

TOP_LEVEL_KEY: Final = re.compile(
    rb"""^(?:\xef\xbb\xbf)?["']?([\w-]+)["']?[ \t]*:(?=\s|$)[ \t]*(.*)""", re.MULTILINE
)
REQUIRED: Final = ("name", "steps")
#: they say that it is a CI pipeline.
EXCLUDED: Final = frozenset({"jobs", "pool", "on"})

#: the top-level key of the older engine's newer dialect that stands for `steps`.
OLDER_STEPS: Final = "teststeps"
OLDER_DIALECT: Final = marked(
    "is of the older engine's newer dialect ('teststeps'), which is not read; convert it: "
    "sisyphus-api-convert engine PATH -o NEW (docs/en/migration.md)"
)
OLDER_FILE: Final = marked(
    "the file has words of the older engine; this rewrites all of them: "
    "sisyphus-api-convert engine PATH -o NEW (docs/en/migration.md)"
)


def looks_like_a_case(text: bytes) -> bool:
    """Has both `name` and `steps` as top-level keys, and none that say it is a CI pipeline."""
    keys = {found[1].decode() for found in TOP_LEVEL_KEY.finditer(text)}
    return keys.issuperset(REQUIRED) and not keys & EXCLUDED
