"""The base of all requests: either spelling of a name, a blank value is none."""

import difflib
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, ValidationError
from pydantic import model_validator as validator
from pydantic.alias_generators import to_camel

from orchestrator.errors import BadRequest, UnknownExecution
from orchestrator.i18n import marked, tr
from orchestrator.schemas.fields import BIGGEST, INVALID, Id, clean

_MESSAGES: Final[Mapping[str, str]] = {
    "missing": marked("为必传参数"),
    "greater_than_equal": marked("不能小于 {ge}"),
    "less_than_equal": marked("不能大于 {le}"),
    "string_type": marked("必须为字符串"),
    "string_too_long": marked("不能超过 {max_length} 个字符"),
    "list_type": marked("必须为数组"),
    "too_short": marked("不能为空"),
    "too_long": marked("不能超过 {max_length} 项"),
    "dict_type": marked("必须为对象"),
    "model_type": marked("必须为对象"),
    "model_attributes_type": marked("必须为对象"),
}


#: unknown fields that are named.
_NAMED: Final = 10


class RequestModel(BaseModel):
    model_config = ConfigDict(
        alias_generator=AliasGenerator(
            validation_alias=lambda name: AliasChoices(to_camel(name), name)
        ),
        extra="ignore",
        frozen=True,
    )
    #: the message when a required field is missing; empty: it names the field.
    missing_message: ClassVar[str] = ""

    @validator(mode="before")
    @classmethod
    def _blank_is_not_given(cls, raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            return raw
        return {
            name: value
            for name, value in raw.items()
            if not (value is None or (isinstance(value, str) and not value.strip()))
        }

    @classmethod
    def variants(cls) -> "tuple[type[RequestModel], ...]":
        """The models of which a request is one."""
        return (cls,)

    @classmethod
    def parse(cls, raw: Any, zone: ZoneInfo | None = None) -> Self:
        """The request, or `BadRequest`/`UnknownExecution` that names the first bad field."""
        if not isinstance(raw, Mapping):
            raise BadRequest(tr("请求体必须为 JSON 对象"))
        try:
            return cls.model_validate(raw, context={"zone": zone})
        except ValidationError as error:
            raise cls._refusal(error) from None  # the value must not travel along

    @classmethod
    def unknown(cls, raw: Mapping[str, Any]) -> list[str]:
        """Names that mean nothing here, each with the one that was perhaps meant."""
        names = [name for name in raw if name not in _known(cls)]
        return [_unknown_field(name, cls.model_fields) for name in names[:_NAMED]]

    @classmethod
    def _refusal(cls, error: ValidationError) -> BadRequest | UnknownExecution:
        found = error.errors(include_url=False, include_input=False)
        if cls.missing_message and any(
            e["type"] == "missing" and len(e["loc"]) == 1 for e in found
        ):
            return BadRequest(cls.missing_message)
        first = found[0]
        context = {
            key: "2^53-1" if value == BIGGEST else value
            for key, value in first.get("ctx", {}).items()
        }
        fault = tr(_MESSAGES.get(first["type"], marked("格式不正确")), **context)
        said = context["said"] if first["type"] == INVALID else fault
        return BadRequest(tr("{place} {fault}", place=place(first["loc"]), fault=said))


@functools.cache
def _known(model: type[RequestModel]) -> frozenset[str]:
    """Every spelling of every field."""
    names: set[str] = set()
    for field in model.model_fields.values():
        alias = field.validation_alias
        names.update(map(str, alias.choices if isinstance(alias, AliasChoices) else [alias]))
    return frozenset(names)


def _unknown_field(name: str, fields: Iterable[str]) -> str:
    by_letters = {_letters(field): to_camel(field) for field in fields}
    near = difflib.get_close_matches(_letters(name[:64]), by_letters, 1, 0.75)
    shown = clean(name[:64])
    if near:
        return tr("未知字段 {name}，是否为 {meant}", name=shown, meant=by_letters[near[0]])
    return tr("未知字段 {name}", name=shown)


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def place(loc: Sequence[int | str]) -> str:
    """`results[3].status`; names in camelCase, as the documents write them."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{to_camel(clean(part[:64]))}"
    return text.removeprefix(".") or tr("参数")


class OfExecution(RequestModel):
    """A request about one execution: its id has a code of its own."""

    execution_id: Id

    @classmethod
    def _refusal(cls, error: ValidationError) -> BadRequest | UnknownExecution:
        for found in error.errors(include_url=False, include_input=False):
            if found["loc"] and to_camel(str(found["loc"][0])) == "executionId":
                missing = found["type"] == "missing"
                return UnknownExecution(tr("executionId 为必传参数") if missing else "")
        return super()._refusal(error)


def execution_id_of(raw: Any) -> int | None:
    """The execution a request is about, if it says so at all."""
    try:
        return OfExecution.parse(raw).execution_id
    except (BadRequest, UnknownExecution):
        return None
