"""Masks secrets in data and text: by their names, and wherever their values reappear."""

from .redactor import OwnSecrets, Redactor, redact_text
from .values import MASK

__all__ = ["MASK", "OwnSecrets", "Redactor", "redact_text"]
