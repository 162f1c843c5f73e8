"""The English of what the service says, by the Chinese that stands in the code."""

from collections.abc import Mapping

from orchestrator.i18n.english.answers import ANSWERS
from orchestrator.i18n.english.stored import STORED

__all__ = ["ANSWERS", "STORED", "catalogue"]


def catalogue() -> Mapping[str, str]:
    return ANSWERS | STORED
