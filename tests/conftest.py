"""What each run of the tests starts from."""

import pytest
from hypothesis import settings

from pytest_sisyphus.i18n import language, set_language

# the same examples in every run; `--hypothesis-profile=default` looks for new ones
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def language_is_left_as_it_was():
    """It is the process's: whoever leaves another breaks tests that come after it, in some order."""
    yield
    left = language()
    set_language("en")
    assert left == "en"
