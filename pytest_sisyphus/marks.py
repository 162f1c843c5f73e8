"""Marks that mean something to pytest, Allure or this plugin, and so are no tags."""

from collections.abc import Mapping
from typing import Final

from pytest_sisyphus.i18n import marked

#: tags `name:value` that are labels of Allure's own.
ALLURE_LABELS: Final = ("epic", "feature", "story", "severity", "owner", "layer")
#: tags `name:https://…` that are links.
ALLURE_LINKS: Final = ("issue", "tms", "link")
#: the marks that stand for these in allure-pytest.
ALLURE_LABEL: Final = "allure_label"
ALLURE_LINK: Final = "allure_link"

#: the mark -> the message that says what a case file has instead.
RESERVED_MARKS: Final[Mapping[str, str]] = {
    "skip": marked("enabled: false skips the case, and so does marks: [{{skip: a reason}}]"),
    "skipif": marked("marks: [{{skipif: a condition}}] skips the case, skip_if a step"),
    "xfail": marked("marks: [{{xfail: {{reason: …}}}}] expects the case to fail"),
    "parametrize": marked("config.data_source gives the case its rows"),
    "usefixtures": marked("the key usefixtures requests fixtures"),
    "filterwarnings": marked(
        "marks: [{{filterwarnings: 'ignore:…'}}] says what becomes of warnings"
    ),
    "sisyphus": marked("case_id and case_key say which functional case it is"),
}
