"""Masks secrets in data and text: by their names, and wherever their values reappear."""

from pytest_sisyphus.redact.redactor import CredentialsRedactor, Redactor, redact_text
from pytest_sisyphus.redact.values import MASK

__all__ = ["MASK", "CredentialsRedactor", "Redactor", "redact_text"]
