"""`config`: what holds for all steps of a case."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, get_args

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator

from pytest_sisyphus.errors import Category
from pytest_sisyphus.extensions.registry import near
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.location import NOWHERE, LocatedDict
from pytest_sisyphus.spec.certificates import Cert, VerifySsl
from pytest_sisyphus.spec.context import ValidationContext, invalid, warn
from pytest_sisyphus.spec.env_file import EnvFile
from pytest_sisyphus.spec.fields import (
    NUMERIC_SCHEMA,
    TEMPLATE_SCHEMA,
    Flag,
    Note,
    OneOrList,
    Text,
    Value,
)
from pytest_sisyphus.spec.http_syntax import BaseUrl, Charset, Headers, Proxies
from pytest_sisyphus.spec.later import later
from pytest_sisyphus.spec.model import Deferred, Model
from pytest_sisyphus.spec.numbers import LONGEST, Count, Factor, Positive, Seconds
from pytest_sisyphus.spec.variable_names import Variables, check_not_shadowing
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.describe import short_json
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from pytest_sisyphus.spec.data_source import DataSource
    from pytest_sisyphus.spec.database import DatabaseSettings
    from pytest_sisyphus.spec.mock import Mock
else:
    DataSource = later(f"{__package__}.data_source", "DataSource")
    DatabaseSettings = later(f"{__package__}.database", "DatabaseSettings")
    Mock = later(f"{__package__}.mock", "Mock")


def _words(value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    return [str(one) if isinstance(one, int) else one for one in values]


#: what retry_on and stop_on may name; the names of error types besides, which are an open set.
_CATEGORIES: Final = (*get_args(Category), "validation")
_STATUS: Final = lazy_pattern(r"[1-5](?:\d\d|xx)", re.IGNORECASE)


def _known_word(word: str) -> str:
    lowered = word.lower()
    is_type = lowered.endswith("error") and "_" not in word
    known = lowered in _CATEGORIES or is_type or _STATUS.fullmatch(word)
    if not known and word == lowered and not is_template(word):
        hint = near(word, (*_CATEGORIES, "4xx", "5xx"))
        said = tr("{word!r} is no category, error type or status code{hint}", word=word, hint=hint)
        raise invalid(said)
    return word


_WORD_SCHEMA: Final = {"type": ["string", "integer"]}
Words = Annotated[
    tuple[Annotated[str, AfterValidator(_known_word)], ...],
    BeforeValidator(_words),
    WithJsonSchema({"anyOf": [{"type": "array", "items": _WORD_SCHEMA}, _WORD_SCHEMA]}),
]


class TimeLimit(Model):
    """Seconds; a plain number is the total."""

    short_schema: ClassVar[Mapping[str, Any]] = {
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST},
            TEMPLATE_SCHEMA,
            NUMERIC_SCHEMA,
        ]
    }

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        if isinstance(value, dict):
            return super().normalise(value, context)
        return LocatedDict.of({"total": value}, getattr(value, "location", NOWHERE))

    connect: Annotated[Positive | None, Field(description="until connected")] = None
    read: Annotated[Positive | None, Field(description="between two pieces of the answer")] = None
    total: Annotated[Positive | None, Field(description="one attempt in all")] = None


class RetryPolicy(Model):
    """When a failed step is tried again, and after how long."""

    max_attempts: Annotated[Count, Field(description="extra attempts")] = 3
    strategy: Annotated[Text, Field(description="fixed, linear or exponential")] = "exponential"
    base_delay: Annotated[Seconds, Field(description="seconds")] = 1.0
    max_delay: Annotated[Seconds, Field(description="seconds no delay exceeds")] = 60.0
    backoff_multiplier: Annotated[Factor, Field(description="factor of exponential")] = 2.0
    jitter: Annotated[Flag, Field(description="vary each delay by up to 10 %")] = False
    retry_on: Annotated[Words, Field(description="categories, error types, statuses")] = ()
    stop_on: Annotated[Words, Field(description="what is never tried again")] = ()
    rerender: Annotated[
        Flag, Field(description="render each attempt anew, instead of sending the same again")
    ] = False

    @field_validator("strategy")
    @classmethod
    def _possible(cls, strategy: str) -> str:
        if strategy not in {"fixed", "linear", "exponential"} and not is_template(strategy):
            raise invalid(
                tr(
                    "strategy is fixed, linear or exponential, not {strategy}",
                    strategy=short_json(strategy),
                )
            )
        return strategy


class Retrying(Model):
    """The two keys that a step and `config` share, read by themselves."""

    retry_times: Annotated[Count | None, Field(description="extra attempts")] = None
    retry_policy: Annotated[RetryPolicy | None, Field(description="how steps are retried")] = None


class Profile(Model):
    """An environment. Any further key is allowed: all become variables while it is active."""

    model_config = {"extra": "allow"}
    __pydantic_extra__: dict[str, Value]

    base_url: Annotated[BaseUrl | None, Field(description="put before relative URLs")] = None
    variables: Annotated[Variables, Field(description="variables of this environment")] = {}
    timeout: Annotated[TimeLimit | None, Field(description="seconds")] = None
    verify_ssl: Annotated[
        VerifySsl, Field(description="check certificates; the path of a CA file: by it")
    ] = None
    cert: Annotated[Cert, Field(description="client certificate: path, or [cert, key]")] = None
    headers: Annotated[Headers, Field(description="sent with every request")] = {}
    proxies: Annotated[Proxies | None, Field(description="scheme: proxy URL")] = None
    overrides: Annotated[Variables, Field(description="variables over all others")] = {}
    priority: Annotated[Value, Field(description="only readable")] = None

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        written = super().normalise(value, context)
        check_not_shadowing(written)
        return written


class EnvVars(Model):
    """Variables from the environment."""

    prefix: Annotated[Text | None, Field(description="take every variable that begins so")] = None
    load_from_os: Annotated[Flag, Field(description="switch for prefix")] = False
    mapping: Annotated[Variables, Field(description="variable: NAME in the environment")] = {}
    overrides: Annotated[Variables, Field(description="variable: value")] = {}


class ProjectConfig(Model):
    """What a `sisyphus.yaml` says for all cases in its folder and below."""

    #: sections of older files that the command line and the orchestrator replaced.
    deprecated: ClassVar[tuple[str, ...]] = (
        "output",
        "websocket",
        "debug",
        "verbose",
        "concurrent",
        "concurrent_threads",
        "performance",
    )

    name: Annotated[Text, Field(description="only readable")] = ""
    description: Annotated[Note, Field(description="only readable")] = ""
    profiles: Annotated[dict[str, Profile], Field(description="environments by name")] = {}
    active_profile: Annotated[Text | None, Field(description="the profile in use")] = None
    base_url: Annotated[BaseUrl | None, Field(description="put before relative URLs")] = None
    variables: Annotated[Variables, Field(description="may refer to each other")] = {}
    timeout: Annotated[TimeLimit | None, Field(description="seconds of one attempt (30)")] = None
    headers: Annotated[Headers, Field(description="sent with every request")] = {}
    proxies: Annotated[Proxies | None, Field(description="scheme: proxy URL")] = None
    retry_times: Annotated[Count, Field(description="extra attempts of each step")] = 0
    retry_policy: Annotated[RetryPolicy | None, Field(description="how steps are retried")] = None
    stop_on_failure: Annotated[Flag, Field(description="skip what follows a failure")] = False
    verify_ssl: Annotated[
        VerifySsl, Field(description="check certificates; the path of a CA file: by it")
    ] = True
    cert: Annotated[Cert, Field(description="client certificate: path, or [cert, key]")] = None
    default_encoding: Annotated[
        Charset, Field(description="of a response's text that names no charset: gbk, …")
    ] = "utf-8"
    strict: Annotated[Flag, Field(description="text never equals a number in checks")] = False
    databases: Annotated[
        dict[str, DatabaseSettings],
        Deferred,
        Field(description="connections by alias: URL or settings"),
    ] = {}
    data_iterations: Annotated[Flag, Field(description="false switches data_source off")] = True
    variable_prefix: Annotated[Text, Field(description="before each column's name")] = ""
    env_file: Annotated[
        EnvFile, Field(description="a .env file: variables under the environment's")
    ] = None
    env_vars: Annotated[EnvVars | None, Field(description="variables from the environment")] = None
    mask: Annotated[
        tuple[str, ...], OneOrList, Field(description="more names whose values are masked")
    ] = ()
    mock: Annotated[
        Mock | None, Deferred, Field(description="answers all requests without a network")
    ] = None
    output: Annotated[Value, Field(description="superseded")] = None
    websocket: Annotated[Value, Field(description="superseded")] = None
    debug: Annotated[Value, Field(description="superseded")] = None
    verbose: Annotated[Value, Field(description="superseded")] = None
    concurrent: Annotated[Value, Field(description="superseded")] = None
    concurrent_threads: Annotated[Value, Field(description="superseded")] = None
    performance: Annotated[Value, Field(description="superseded")] = None

    @classmethod
    def normalise(cls, value: Any, context: ValidationContext) -> LocatedDict:
        written = super().normalise(value, context)
        for key in cls.deprecated:
            if key in written:
                warn(
                    tr(
                        "config.{key} does nothing any more: the command line "
                        "(--sisyphus-report, -n, -v) and the orchestrator's events do this now",
                        key=key,
                    ),
                    written.key_locations[key],
                )
        return written


class Config(ProjectConfig):
    """What holds for all steps of a case."""

    data_source: Annotated[
        DataSource | None, Deferred, Field(description="rows: each is a test of its own")
    ] = None
