"""The kinds of part that users may add through hooks; our own come the same way."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any, Protocol

from ..clock import Clock


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subject:
    """What a step brought, as checks and extractors read it."""

    #: the step's result document.
    document: Mapping[str, Any]
    #: where a path starts: the response's body for a request, else the document.
    body: Any
    #: the body as text (regex, `source: text`).
    text: str = ""
    #: why no path can go into the body: it is not the JSON that it claims to be, or no text at all.
    unreadable: str = ""
    #: what is worth knowing of the body when a check on it fails.
    note: str = ""
    #: there is no body, and none belongs there: nothing is in it.
    needs_no_body: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Selection:
    """What a check's path picked."""

    path: str
    matches: tuple[Any, ...]
    #: the path has a wildcard, `..`, filter or slice: it may match several.
    indefinite: bool = False
    #: what the path chooses from is there, and none of it was chosen: a list without items, a
    #: filter that nothing passes.
    chose_none: bool = False
    #: why nothing matched, with near names; empty when something did.
    miss: str = ""
    #: why what the path asks for is not there to be judged: neither found nor missing.
    unreadable: str = ""
    #: of the body, if the path reads it.
    note: str = ""
    #: the whole subject, for checks that look beyond their path.
    subject: Subject

    @property
    def value(self) -> Any:
        """The list of matches of an indefinite path, except that a single one stands for itself."""
        if self.indefinite and len(self.matches) != 1:
            return list(self.matches)
        return self.matches[0] if self.matches else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    passed: bool
    #: one plain sentence; empty when passed.
    error: str = ""
    #: False: could not be judged at all, so it never passes, not even inside `not`.
    evaluated: bool = True


PASSED = Verdict(passed=True)


class Judge(Protocol):
    def __call__(self, selection: Selection, expected: Any, *, strict: bool) -> Verdict: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckType:
    name: str
    aliases: tuple[str, ...] = ()
    judge: Judge
    #: one line for the manual and the editor.
    description: str
    #: `expect` when it is not written; `...` when it must be.
    default_expect: Any = ...
    #: the path when none is written; `...` when it must be.
    default_path: Any = ...
    #: `source` when it is not written; None: the body first, then the response.
    default_source: str | None = None
    #: looks at an `expect` without templates before anything runs; returns a complaint or None.
    complain: Callable[[Any], str | None] = lambda expected: None
    #: looks into such an `expect` that is right as a whole: the keys that lead to each mistake, and
    #: what is wrong with the last of them.
    complain_inside: Callable[[Any], Iterable[tuple[tuple[str | int, ...], str]]] = (
        lambda expected: ()
    )
    #: how an `expect` is written in the short form.
    short_expect: str = "expected"
    #: an `expect` that is text names a JSON file beside the case, whose value it is.
    takes_file: bool = False
    #: judges also when the path matches nothing (`exists`).
    judges_misses: bool = False
    #: judges also when an indefinite path chose none of what is there (`length_eq`).
    counts_matches: bool = False
    #: whether such an `expect` can only hold of the text that stands there: then it is judged also
    #: on the whole of a body that is not the JSON that it claims to be.
    reads_text: Callable[[Any], bool] = lambda expected: False

    def judges(self, selection: Selection) -> bool:
        return bool(
            selection.matches
            or self.judges_misses
            or (self.counts_matches and selection.chose_none)
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Function:
    """A function that templates may call."""

    name: str
    aliases: tuple[str, ...] = ()
    call: Callable[..., Any]
    description: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExtractorType:
    name: str
    aliases: tuple[str, ...] = ()
    #: (subject, path, options {index, group, …}) -> the values found, in order; empty: no match.
    pick: Callable[[Subject, str, Mapping[str, Any]], tuple[Any, ...]]
    description: str
    #: the type works without a path (status, body).
    needs_path: bool = True
    #: looks at a path without templates before anything runs; returns a complaint or None.
    complain: Callable[[str], str | None] = lambda path: None
    #: looks at a path without templates and at the options beside it that are no templates.
    complain_options: Callable[[str, Mapping[str, Any]], str | None] = lambda path, options: None
    #: why `pick` found nothing, with the same arguments: one sentence.
    explain: Callable[[Subject, str, Mapping[str, Any]], str] = lambda subject, path, options: (
        f"no match for {path}"
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuthType:
    """A way to authenticate a request: `auth: {type: NAME, …}`."""

    name: str
    aliases: tuple[str, ...] = ()
    #: the keys it needs besides `type`, and what each is.
    keys: Mapping[str, str]
    #: the keys' values -> what requests takes as `auth`: changes the prepared request.
    make: Callable[[Mapping[str, Any]], Callable[[Any], Any]]
    description: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tools:
    """What functions of one case may use."""

    #: seeded by `--sisyphus-seed` and the case, so that order and worker do not matter.
    random: Random
    clock: Clock
    #: environment variables the case may read.
    environ: Mapping[str, str]
    #: runs `(sql, *params, alias=…)`; see the dialect.
    db_query: Callable[..., Any] | None = None
