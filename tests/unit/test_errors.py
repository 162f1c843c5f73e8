"""Errors: what they say when nobody says it."""

import pytest

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.i18n import set_language


class RefusedError(ConfigError):
    """the {tenant} is not ours"""


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "the case cannot be carried out as it is written"), ("zh", "用例的写法无法执行")],
)
def test_a_docstring_is_the_default_message(language, said):
    set_language(language)
    try:
        assert str(ConfigError()) == said
        assert str(RefusedError()) == "the {tenant} is not ours"
    finally:
        set_language("en")
