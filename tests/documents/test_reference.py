"""The reference says what the code has: generated parts are fresh, and no name is left out."""

import re

import pytest
from reference import DOCS, LANGUAGES, PARTS, pages, rendered
from reference_dialect import EXTENSIONS, schema

from orchestrator import errors
from orchestrator import hookspecs as service_hooks
from orchestrator.app import OPERATIONS
from orchestrator.config.settings import OPTIONS
from orchestrator.status import CaseStatus, ExecutionStatus
from pytest_sisyphus import hookspecs
from pytest_sisyphus.config.options import DECLARED
from pytest_sisyphus.template.filters import FILTERS


@pytest.mark.parametrize(
    ("path", "language", "text"),
    [pytest.param(*page, id=str(page[0].relative_to(DOCS))) for page in pages()],
)
def test_what_is_generated_is_fresh(path, language, text):
    assert rendered(text, language) == text, "run: python tests/documents/reference.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_is_on_a_page(language):
    found = re.findall(
        r"<!-- generated: ([\w-]+) -->",
        "".join(text for _, its_language, text in pages() if its_language == language),
    )
    assert sorted(found) == sorted(PARTS)


def keys_of(node):
    """Every key that a schema knows, other spellings too."""
    if isinstance(node, list):
        for item in node:
            yield from keys_of(item)
    elif isinstance(node, dict):
        yield from node.get("properties", {})
        for item in node.values():
            yield from keys_of(item)


def registered(registry):
    return {name for one in registry for name in (one.name, *one.aliases)}


def errors_of(kind=errors.ServiceError):
    return {kind.code, *(code for one in kind.__subclasses__() for code in errors_of(one))}


NAMES = {
    "keys": set(keys_of(schema("en"))),
    "steps": registered(EXTENSIONS.steps),
    "checks": registered(EXTENSIONS.checks) | {"and", "or", "not", "each"},
    "extractors": registered(EXTENSIONS.extractors),
    "functions": registered(EXTENSIONS.functions),
    "filters": set(FILTERS),
    "options": {one.flag for one in DECLARED if one.in_command_line},
    "ini": {one.ini for one in DECLARED},
    "variables": {name for one in DECLARED for name in one.env},
    "settings": {name for one in OPTIONS.values() for name in (one.flag, one.variable)},
    "endpoints": {one.path for one in OPERATIONS},
    "statuses": {one.name for kind in (ExecutionStatus, CaseStatus) for one in kind},
    "codes": {str(code) for code in errors_of()} | {"20000"},
    "hooks": {
        name
        for module, prefix in ((hookspecs, "pytest_sisyphus_"), (service_hooks, "sisyphus_"))
        for name in vars(module)
        if name.startswith(prefix)
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NAMES)
def test_every_name_is_on_a_page(language, kind):
    text = "\n".join(path.read_text("utf-8") for path in (DOCS / language).rglob("*.md"))
    named = {one.partition("(")[0] for one in re.findall(r"`([^`\n]+)`", text)}
    assert NAMES[kind] - named == set()
