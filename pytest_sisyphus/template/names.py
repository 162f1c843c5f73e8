"""Where an expression looks its names up."""

from typing import Any, Final, Protocol

from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import Function
from pytest_sisyphus.template.text import EvaluationError


class EnvironmentVariables(dict[str, str]):
    """`env`: what is missing in it is called a variable of the environment."""


class Fixtures(dict[str, Any]):
    """`fixtures`: what is missing in it has to be requested."""


class Namespace(Protocol):
    @property
    def functions(self) -> Registry[Function]: ...

    def lookup(self, name: str) -> Any:
        """The value, or MISSING."""

    def has(self, name: str) -> bool:
        """Whether it is there; nothing is evaluated for this."""

    def undefined_error(self, name: str) -> EvaluationError: ...


#: what `Names.lookup` answers for a name that is not there.
MISSING: Final[Any] = object()
