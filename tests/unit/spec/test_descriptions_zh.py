"""The JSON Schema with Chinese descriptions."""

import re
import subprocess
import sys
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from pytest_sisyphus import builtin
from pytest_sisyphus.extensions.types import PASSED, CheckType
from pytest_sisyphus.i18n.zh.descriptions import CHINESE
from pytest_sisyphus.spec.fields import Text
from pytest_sisyphus.spec.json_schema import dialect_schema, in_chinese, project_schema
from pytest_sisyphus.spec.step import StepSpec

HAN = re.compile("[\u4e00-\u9fff]")


def dialect(steps=(), checks=()):
    return dialect_schema(
        [*builtin.pytest_sisyphus_step_types(), *steps],
        [*builtin.pytest_sisyphus_checks(), *checks],
        builtin.pytest_sisyphus_extractors(),
    )


@pytest.fixture(params=[dialect, project_schema])
def schema(request):
    return request.param()


#: what people read; all else is the same in both languages.
SHOWN = {"title", "description", "markdownDescription", "enumDescriptions"}


def descriptions(node, place=""):
    """place -> text. No value of our schemas is data with a key `description`."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    found = {}
    if isinstance(node, dict):
        for key, item in node.items():
            found |= descriptions(item, f"{place}/{key}")
    elif re.search(r"/description$|/enumDescriptions/\d+$", place):
        found[place] = node
    return found


def without_descriptions(node):
    if isinstance(node, list):
        return [without_descriptions(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_descriptions(item)
        for key, item in node.items()
        if key not in SHOWN or isinstance(item, dict)
    }


def test_each_description_has_its_chinese_text_and_no_text_is_left_over():
    schemas = (dialect(), project_schema())
    texts = {
        text for schema in schemas for text in (schema["title"], *descriptions(schema).values())
    }

    assert {text for text in texts if not text.startswith("another word for ")} == CHINESE.keys()


def test_every_description_is_chinese(schema):
    found = descriptions(in_chinese(schema))

    assert len(found) > 70
    assert [text for text in found.values() if not HAN.search(text)] == []
    assert HAN.search(in_chinese(schema)["title"])


def test_nothing_else_differs(schema):
    made = in_chinese(schema)

    assert made != schema
    assert descriptions(made).keys() == descriptions(schema).keys()
    assert without_descriptions(made) == without_descriptions(schema)


def test_the_chinese_texts_name_the_same_keys():
    lengths = "length of text, list or mapping"  # of a comparison, which is no key
    lost = {
        (english, key)
        for english, chinese in CHINESE.items()
        for key in re.findall(r"[a-z]+(?:[_.][a-z]+)+|\$\{…\}", english)
        if key not in chinese and not english.startswith(lengths)
    }

    assert lost == set()


DATA = {"description": "a remark"}


class PublishSpec(StepSpec):
    """Puts a message into a queue."""

    aliases: ClassVar = {**StepSpec.aliases, "queue": "topic"}

    topic: Annotated[Text, Field(description="where it goes")]
    options: Annotated[dict[str, Any], Field(examples=[DATA], json_schema_extra={"default": DATA})]
    key: Annotated[Text, Field(json_schema_extra={"markdownDescription": "of a *shard*"})] = ""
    url: Text = ""  # described nowhere, though a key of ours with an example


def test_what_users_add_keeps_its_texts_and_has_the_common_keys_in_chinese():
    def judge(selection, expected, *, strict):
        return PASSED

    own_step = SimpleNamespace(name="publish", aliases=(), spec=PublishSpec, description="x")
    own_check = CheckType(
        name="divisible_by", aliases=("multiple_of",), check=judge, description="no rest is left"
    )

    definitions = in_chinese(dialect([own_step], [own_check]))["$defs"]

    step = definitions["PublishSpec"]
    assert step["properties"]["topic"]["description"] == "where it goes"
    assert "markdownDescription" not in step["properties"]["topic"]
    assert step["properties"]["key"]["markdownDescription"] == "of a *shard*"
    assert "markdownDescription" not in step["properties"]["url"]
    assert step["properties"]["queue"]["description"] == "topic 的另一种写法"
    assert step["properties"]["skip_if"]["description"] == "条件成立时跳过"
    options = step["properties"]["options"]
    assert (options["default"], options["else"]["examples"]) == (DATA, [DATA])
    short = definitions["Check"]["anyOf"][1]["properties"]
    assert short["divisible_by"]["description"] == "no rest is left"
    assert short["multiple_of"]["description"] == "divisible_by 的另一种写法"


@pytest.mark.parametrize(
    "text", ["another word for a queue, but loosely", "A remark", "a remark about it"]
)
def test_a_text_that_only_resembles_ours_is_left_alone(text):
    assert in_chinese({"description": text}) == {"description": text}


@pytest.mark.slow
def test_it_is_loaded_only_when_asked_for():
    program = "import sys, pytest_sisyphus.cli.commands, pytest_sisyphus.plugin\n"
    program += "print('pytest_sisyphus.i18n.zh.descriptions' in sys.modules)"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert ran.stdout.strip() == "False"
