"""What readers of YAML 1.1 make of a plain scalar that is something else here."""

from typing import Final

import yaml

from pytest_sisyphus.i18n import marked

_KINDS: Final = {
    "bool": marked("a boolean"),
    "int": marked("a number"),
    "float": marked("a number"),
    "timestamp": marked("a date"),
}


def kind_in_yaml_1_1(text: str) -> str | None:
    """`a number`, …, to be translated; None: text, or null."""
    for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers.get(text[:1], ()):
        if pattern.match(text):
            return _KINDS.get(tag.rpartition(":")[2])
    return None
