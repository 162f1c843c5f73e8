"""Marks that mean something to pytest, Allure or this plugin, and so are no tags."""

from collections.abc import Mapping
from typing import Final

#: tags `name:value` that are labels of Allure's own.
ALLURE_LABELS: Final = ("epic", "feature", "story", "severity", "owner", "layer")
#: tags `name:https://…` that are links.
ALLURE_LINKS: Final = ("issue", "tms", "link")
#: the marks that stand for these in allure-pytest.
ALLURE_LABEL: Final = "allure_label"
ALLURE_LINK: Final = "allure_link"

#: the mark -> what a case file says instead.
RESERVED_MARKS: Final[Mapping[str, str]] = {
    "skip": "enabled: false skips the case, and so does marks: [{skip: a reason}]",
    "skipif": "marks: [{skipif: a condition}] skips the case, skip_if a step",
    "xfail": "marks: [{xfail: {reason: …}}] expects the case to fail",
    "parametrize": "config.data_source gives the case its rows",
    "usefixtures": "the key usefixtures requests fixtures",
    "filterwarnings": "marks: [{filterwarnings: 'ignore:…'}] says what becomes of warnings",
    "sisyphus": "case_id and case_key say which functional case it is",
}
