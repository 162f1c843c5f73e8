"""YAML files and their cases as pytest's own nodes."""

import pytest


class NothingChecked(pytest.PytestWarning):
    """A case passed, and no check was evaluated in it."""
