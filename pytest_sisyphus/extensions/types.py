"""The types by which extensions are declared, and what their functions are given and return."""

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, Protocol

from pytest_sisyphus.clock import Clock
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record


@record
class StepData:
    """What a step returned, as checks and extractors read it."""

    #: the step's result document.
    document: Mapping[str, Any]
    #: where a path starts: the response's body for a request, else the document.
    body: Any
    #: the body as text (regex, `source: text`).
    text: str = ""
    #: why no path can go into the body: it is not the JSON that it claims to be, or no text at all.
    unreadable: str = ""
    #: a remark on the body for the message of a check on it that fails.
    note: str = ""
    #: there is no body, and none belongs there (HEAD, 204): paths into it match nothing.
    needs_no_body: bool = False


@record
class Selection:
    """What a check's path matched."""

    path: str
    matches: tuple[Any, ...]
    #: the path has a wildcard, `..`, filter or slice: it may match several.
    indefinite: bool = False
    #: the path led to a list or an object and selected none of its items: a list without items, a
    #: filter that nothing passes.
    empty_selection: bool = False
    #: why nothing matched, with near names; empty when something did.
    no_match: str = ""
    #: why nobody can tell whether the path matches: the body could not be read.
    unreadable: str = ""
    #: the `note` of the body, if the path reads it.
    note: str = ""
    #: all that the step returned, for checks that look beyond their path.
    step_data: StepData

    @property
    def value(self) -> Any:
        """The list of matches of an indefinite path, except that a single one stands for itself."""
        if len(self.matches) == 1:
            return self.matches[0]
        return list(self.matches) if self.indefinite else next(iter(self.matches), None)

    @property
    def elements(self) -> Any:
        """`value`, for checks of lists: a single match that is no list is the one element of the
        list that an indefinite path asks for."""
        value = self.value
        if self.indefinite and not isinstance(value, list | tuple):
            return list(self.matches)
        return value

    @property
    def elements_path(self) -> str:
        """What stands before an element's index in a message: the path, or `match `."""
        is_value = len(self.matches) == 1 and self.elements is self.matches[0]
        return self.path if is_value else tr("match ")


@record
class CheckOutcome:
    """What a check returns: `PASSED`, or `CheckOutcome(passed=False, error="…")`."""

    passed: bool
    #: one plain sentence; empty when passed.
    error: str = ""
    #: False: nobody can tell, so it never passes, not even inside `not`.
    evaluated: bool = True


PASSED = CheckOutcome(passed=True)


class CheckFunction(Protocol):
    """`(selection, expected, *, strict)`; `strict`: values of different types are never equal.

    Raise `ConfigError` for an `expected` that the check cannot be carried out with.
    """

    def __call__(self, selection: Selection, expected: Any, *, strict: bool) -> CheckOutcome: ...


@record
class CheckType:
    """A check, written `- NAME: [path, expected]` or `{type: NAME, path: …, expect: …}`."""

    name: str
    aliases: tuple[str, ...] = ()
    check: CheckFunction
    #: one line for the manual and the editor.
    description: str
    #: what may stand after `NAME:`, which an editor inserts; « and » are around what is replaced.
    example: str = ""
    #: `expect` when it is not written; `...` when it must be.
    default_expect: Any = ...
    #: the path when none is written; `...` when it must be.
    default_path: Any = ...
    #: `source` when it is not written; None: the body first, then the response.
    default_source: str | None = None
    #: looks at an `expect` without templates before anything runs; returns a complaint or None.
    validate_expected: Callable[[Any], str | None] = lambda expected: None
    #: looks into an `expect` that is right as a whole; yields for each mistake the keys that lead
    #: to it, and what is wrong with the last of them.
    validate_expected_items: Callable[[Any], Iterable[tuple[tuple[str | int, ...], str]]] = (
        lambda expected: ()
    )
    #: how an `expect` is written in the short form.
    short_expect: str = "expected"
    #: an `expect` that is text names a JSON file beside the case, whose value it is.
    takes_file: bool = False
    #: called also when the path matches nothing (`exists`); otherwise that fails the check.
    accepts_no_match: bool = False
    #: called also for an empty selection (`length_eq`); otherwise that fails the check.
    accepts_empty_selection: bool = False
    #: whether this `expect` is looked for in text: then the check is called also for the whole of a
    #: body that claims to be JSON and is none.
    reads_text: Callable[[Any], bool] = lambda expected: False

    def accepts(self, selection: Selection) -> bool:
        """Whether `check` is called for it."""
        return bool(
            selection.matches
            or self.accepts_no_match
            or (self.accepts_empty_selection and selection.empty_selection)
        )


@record
class Function:
    """A function that templates may call: `${NAME(…)}`."""

    name: str
    aliases: tuple[str, ...] = ()
    call: Callable[..., Any]
    description: str


@record
class ExtractorType:
    """An extractor, written `{name: VARIABLE, type: NAME, path: …}`."""

    name: str
    aliases: tuple[str, ...] = ()
    #: `(step_data, path, options)` -> the values found, in order; empty: no match. `options` has
    #: `index`, `group` and `namespaces`, None where they are not written.
    extract: Callable[[StepData, str, Mapping[str, Any]], tuple[Any, ...]]
    description: str
    #: a path, which an editor inserts.
    example: str = ""
    #: the type works without a path (status, body).
    needs_path: bool = True
    #: looks at a path without templates before anything runs; returns a complaint or None.
    validate_path: Callable[[str], str | None] = lambda path: None
    #: looks at a path without templates and at the options beside it that are no templates.
    validate_options: Callable[[str, Mapping[str, Any]], str | None] = lambda path, options: None
    #: why `extract` found nothing, with the same arguments: one sentence.
    explain_no_match: Callable[[StepData, str, Mapping[str, Any]], str] = (
        lambda step_data, path, options: tr("no match for {path}", path=path)
    )


@record
class AuthType:
    """A way to authenticate a request: `auth: {type: NAME, …}`."""

    name: str
    aliases: tuple[str, ...] = ()
    #: the keys it needs besides `type`, and what each is.
    keys: Mapping[str, str]
    #: the keys' values -> a callable that changes a `requests.PreparedRequest` and returns it.
    make: Callable[[Mapping[str, Any]], Callable[[Any], Any]]
    description: str


@record
class FunctionContext:
    """What the functions of one case may use."""

    #: seeded by `--sisyphus-seed` and the case, so that order and worker do not matter.
    random: Random
    clock: Clock
    #: environment variables the case may read.
    environ: Mapping[str, str]
    #: `(sql, *params, alias=…)`: as the dialect's `db_query`; None where nothing can be run.
    db_query: Callable[..., Any] | None = None
