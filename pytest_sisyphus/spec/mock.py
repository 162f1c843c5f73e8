"""`mock`: rules that answer requests instead of the network."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import unquote

from pydantic import Field, field_validator, model_validator

from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extract.regex import compile_pattern, search
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.spec.context import invalid
from pytest_sisyphus.spec.fields import ConditionField, Content, Flag, Int, Text
from pytest_sisyphus.spec.http_syntax import Headers, Method
from pytest_sisyphus.spec.model import Deferred, Model
from pytest_sisyphus.spec.numbers import Seconds, StatusCode
from pytest_sisyphus.template.template import is_template
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

_NAME: Final = lazy_pattern(r"(?<!\\)\{([A-Za-z_]\w*)\}")


def path_params(pattern: str, *texts: str) -> Mapping[str, str] | None:
    """What the pattern's names matched in the first text it is found in; None where it is not.

    A name is a named group, or `{name}`: anything up to the next `/`. Raises ConfigError.
    """
    compiled = _compiled(pattern)
    for text in texts:
        found = search(compiled, text)
        if found:
            return {name: unquote(value or "") for name, value in found.groupdict().items()}
    return None


def _compiled(pattern: str) -> Any:
    return compile_pattern(_NAME.sub(r"(?P<\1>[^/?#]+)", pattern))


class MockRequest(Model):
    """Which requests a rule is for."""

    method: Annotated[Method | None, Field(description="any, if not written")] = None
    url: Annotated[
        Text,
        Field(description="regular expression found in the path or full URL; {name} is a part"),
    ] = ""

    @field_validator("url")
    @classmethod
    def _regular(cls, url: str) -> str:
        if not is_template(url):
            try:
                _compiled(url)
            except ConfigError as error:
                raise invalid(str(error)) from error
        return url


class MockResponse(Model):
    """An answer; its templates also see `request` and `path_params`."""

    status_code: Annotated[StatusCode, Field(description="100 to 599")] = 200
    headers: Annotated[Headers, Field(description="header: value")] = {}
    body: Annotated[Content, Field(description="text as it is; anything else is sent as JSON")] = (
        None
    )
    delay: Annotated[Seconds, Field(description="seconds before the answer")] = 0.0


class MockRule(Model):
    name: Annotated[Text, Field(description="shown when no rule matches")] = ""
    priority: Annotated[Int, Field(description="higher ones are asked first")] = 0
    request: Annotated[
        MockRequest | None,
        Deferred,
        Field(description="which requests it is for; all, if not written"),
    ] = None
    condition: Annotated[
        ConditionField | None,
        Deferred,
        Field(description="sees request.method, .path, .url, .headers, .query, .body"),
    ] = None
    response: Annotated[MockResponse, Deferred, Field(description="the answer")]
    else_response: Annotated[
        MockResponse | None, Deferred, Field(description="the answer when condition does not hold")
    ] = None

    @model_validator(mode="after")
    def _else_of_something(self) -> "MockRule":
        if self.else_response is not None and self.condition is None:
            raise invalid(tr("else_response needs a condition that may not hold"))
        return self


class Mock(Model):
    enabled: Annotated[Flag, Field(description="false: the network answers")] = True
    rules: Annotated[
        tuple[MockRule, ...],
        Deferred,
        Field(description="asked in order of priority, then as listed"),
    ] = ()

    @model_validator(mode="after")
    def _answers_something(self) -> "Mock":
        if not self.rules and self.enabled is not False:
            raise invalid(tr("mock needs rules: a list of {{request, response}}"))
        return self
