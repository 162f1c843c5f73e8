"""Errors: what they say when nobody says it."""

import pytest

from pytest_sisyphus.errors import ConfigError, in_words
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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "No such file or directory", "a.json"), "a.json: 文件或目录不存在"),
        (PermissionError(13, "Permission denied", b"a.json"), "a.json: 没有权限"),
        (OSError(28, "No space left on device"), "磁盘空间不足"),
        (FileExistsError("is there already"), "is there already"),
        (ConfigError("a.yaml:3: no"), "a.yaml:3: no"),
    ],
)
def test_errors_of_the_system_are_put_in_words_without_their_number(error, said):
    set_language("zh")
    try:
        assert in_words(error) == said
    finally:
        set_language("en")
