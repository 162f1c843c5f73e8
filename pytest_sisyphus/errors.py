"""The ways in which a case goes wrong, as exceptions.

An exception's docstring is its default message. `type` and `category` are what result documents
have in `error_info`; retry policies and reports read them, too.
"""

import os
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self

from pytest_sisyphus.i18n import of_library

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_sisyphus.location import Location

Category = Literal["assertion", "network", "timeout", "parsing", "business", "system"]


class SisyphusError(Exception):
    """something went wrong in a case"""

    type: str = "ConfigError"
    category: Category = "system"
    #: the status of the step that it ends.
    step_status: ClassVar[Literal["failed", "error"]] = "error"
    #: a sentence that tells the tester what to try; None where we know none.
    suggestion: str | None = None
    #: the request that brought no response: as a result document has it.
    request: "Mapping[str, Any] | None" = None
    #: shown to people instead of the category where that would be "system"; else empty.
    cause: ClassVar[Literal["", "case", "interrupted"]] = ""

    def __init__(self, message: str = "", *, suggestion: str | None = None) -> None:
        # an extension's class may say anything, braces too
        super().__init__(message or of_library(type(self).__doc__ or ""))
        if suggestion is not None:
            self.suggestion = suggestion

    def with_message(self, message: str) -> Self:
        """The same error - type, category, suggestion - with the message of the step around it."""
        copy = type(self).__new__(type(self), message)
        copy.__dict__.update(self.__dict__)
        copy.__cause__ = self
        return copy


class ConfigError(SisyphusError):
    """the case cannot be carried out as it is written"""

    cause = "case"


def in_words(error: BaseException) -> str:
    """What an error says; of the system's, file and reason without the number (`[Errno 2]`)."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error)
    reason = of_library(error.strerror)
    return reason if error.filename is None else f"{os.fsdecode(error.filename)}: {reason}"


def problem_of(call: "Callable[..., object]", *args: Any) -> str | None:
    """What the ConfigError says that `call(*args)` raises; None where it raises none."""
    try:
        call(*args)
    except ConfigError as error:
        return str(error)
    return None


class Interrupted(SisyphusError):
    """the run ended while the case ran"""

    cause = "interrupted"


class TemplateError(ConfigError):
    """a ${…} template cannot be evaluated"""

    def __init__(
        self,
        message: str = "",
        *,
        suggestion: str | None = None,
        offset: int | None = None,
        location: "Location | None" = None,
    ) -> None:
        super().__init__(message, suggestion=suggestion)
        #: of a syntax error: where in the text, in characters from its start.
        self.offset = offset
        #: where the mistake stands, if the text came from a file.
        self.location = location


class CheckFailed(SisyphusError):
    """a check did not pass"""

    type = "AssertionError"
    category = "assertion"
    step_status = "failed"


class ConnectionFailed(SisyphusError):
    """the server could not be reached"""

    type = "ConnectionError"
    category = "network"


class NetworkFailed(SisyphusError):
    """the connection broke"""

    type = "NetworkError"
    category = "network"


class ProtocolViolated(SisyphusError):
    """the server did not speak HTTP"""

    type = "HTTPError"
    category = "network"


class TimedOut(SisyphusError):
    """the time limit ran out"""

    type = "TimeoutError"
    category = "timeout"


class NotFulfilled(TimedOut):
    """what was waited for did not come in time"""

    step_status = "failed"


class ResponseInvalid(SisyphusError):
    """the response is not what it claims to be, or an extractor found nothing in it"""

    type = "ValidationError"
    category = "parsing"


class DatabaseFailed(SisyphusError):
    """the database refused"""

    type = "DatabaseError"
    category = "system"


class ScriptFailed(SisyphusError):
    """the script failed"""

    type = "ScriptError"
    category = "business"


class ExtensionError(SisyphusError):
    """a step type, an extractor or the like itself broke"""

    type = "TypeError"

    @classmethod
    def from_exception(cls, cause: Exception, message: str) -> Self:
        """It says the type of what the part raised, and the category that comes nearest."""
        made = cls(message)
        made.type = type(cause).__name__
        nearest = (word for kind, word in _NEAREST if isinstance(cause, kind))
        made.category = next(nearest, "system")
        return made


_NEAREST: Final[tuple[tuple[type[Exception], Category], ...]] = (
    (AssertionError, "assertion"),
    (TimeoutError, "timeout"),
    (ConnectionError, "network"),
)
