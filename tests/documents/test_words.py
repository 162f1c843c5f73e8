"""The product and its documents call a thing by one Chinese word: the glossary's."""

import re
from pathlib import Path

import pytest

from orchestrator.i18n import chinese
from pytest_sisyphus.execution.status import ResultStatus
from pytest_sisyphus.i18n import zh

ROOT = Path(__file__).parents[2]
#: what else the same thing was called -> its word.
OTHERS = {
    "应答": "响应",
    "报文": "响应体",
    "提取器": "提取",
    "凭证": "令牌",
    # but of Python's AssertionError, and of the message that the interface document gives
    "断言(?!错误|失败)": "校验",
}
SAID = [
    *(ROOT / "docs/zh").rglob("*.md"),
    ROOT / "README.zh-CN.md",
    *(ROOT / "pytest_sisyphus").rglob("*.py"),
    *(ROOT / "pytest_sisyphus").rglob("*.toml"),
    *(ROOT / "orchestrator").rglob("*.py"),
    ROOT / "orchestrator/page/static/texts/zh.json",
    ROOT / "orchestrator/openapi/page.html.jinja",
]


@pytest.mark.parametrize(("other", "word"), OTHERS.items())
def test_one_word_is_used(other, word):
    glossary = (ROOT / "docs/zh/concepts/glossary.md").read_text("utf-8")
    assert re.search(rf"\| [^|]*{word}[^|]* \|", glossary)

    found = [
        str(path.relative_to(ROOT)) for path in SAID if re.search(other, path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("status", ResultStatus, ids=lambda status: status.name)
def test_a_status_is_called_the_same_by_pytest_and_the_service(status):
    assert zh.catalogue()[status.label] == chinese.catalogue()[status.label]
