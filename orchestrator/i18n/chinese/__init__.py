"""The Chinese of what the commands say, by the English that stands in the code."""

from collections.abc import Mapping

from orchestrator.i18n.chinese.commands import COMMANDS
from orchestrator.i18n.chinese.mistakes import MISTAKES
from orchestrator.i18n.chinese.options import OPTIONS

__all__ = ["COMMANDS", "MISTAKES", "OPTIONS", "catalogue"]


def catalogue() -> Mapping[str, str]:
    return COMMANDS | MISTAKES | OPTIONS
