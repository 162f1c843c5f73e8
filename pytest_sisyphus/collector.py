"""YAML files and their cases as pytest's own nodes."""

import builtins
import contextlib
import copy
import dataclasses
import functools
import gc
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final

import pytest

from .broken import told
from .dialect.case import Case
from .dialect.marks import MarkWithArguments, registered
from .dialect.reading import Reading, SisyphusWarning
from .discovery import speaks
from .engine import CaseRun, unplanned
from .errors import ConfigError, SisyphusError
from .expansion import rows_of
from .failure import crash_place, failure_text, files_in, is_assertion, summary_line
from .fromhere import from_here
from .loading.casefile import read_cases
from .loading.complaints import Complaint, SpecError
from .loading.files import Reader
from .located import Place
from .logs import masked_logs
from .marks import ALLURE_LABEL, ALLURE_LABELS, ALLURE_LINK, ALLURE_LINKS
from .masking import mask_before, mask_of, mask_so_far
from .models.naming import name_in_id, name_parts
from .models.result import CaseResult, CaseStatus
from .once import once
from .options import OPTIONS, SEED, Options
from .parts import Parts, gather
from .planning import Plan, Row, plan, why_blocked
from .properties import Property, of_case, of_document
from .protocol import case_document
from .render.condition import Condition

#: pytest's words for a fixture with params that nothing gives a value to.
_PARAMETRIZED = re.compile(
    r"no parameter defined for test.*?Requested fixture '(?P<name>[^']+)'", re.DOTALL
)

_NOTHING_CHECKED: Final = (
    "nothing was checked: no step that ran has validations, a benchmark, until or a condition to "
    "wait for"
)


_IDENTITIES: Final = pytest.StashKey[dict[tuple[str, str], Place]]()


def _warn_of_shared_identities(cases: Iterable[Case], config: pytest.Config) -> None:
    """The platform knows a case by its id or key: of two that share one it would lose one."""
    known = config.stash.setdefault(_IDENTITIES, {})
    for case in cases:
        shared = []
        for name, value in case.identity.items():
            first = known.setdefault((name, str(value)), case.place)
            if first != case.place:
                shared.append(f"{name} {value!r} is also that of the case at {first}")
        if shared and speaks(config):
            message = f"{case.place}: {shared[0]}; the platform can tell only one of them"
            file = str(config.rootpath / case.place.file)
            warnings.warn_explicit(message, SharedIdentity, file, case.place.line)


class NothingChecked(pytest.PytestWarning):
    """A case passed, and no check was evaluated in it."""


@contextlib.contextmanager
def _no_garbage() -> Iterator[None]:
    """Reading a file makes many small objects that all stay: looking for garbage among them costs
    a third of the collection, and finds none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


_REPEATING: Final = pytest.StashKey[bool]()


def _warn_of_repeating(cases: Iterable[Case], config: pytest.Config) -> None:
    """pytest-repeat multiplies functions where pytest makes items of them; ours are made here, and
    pytest has no public way to ask for that. Said once."""
    hooks = config.hook.pytest_generate_tests.get_hookimpls()
    if config.stash.get(_REPEATING, False) or not speaks(config):
        return
    if not any(one.function.__module__ == "pytest_repeat" for one in hooks):
        return
    marked = [case.place for case in cases if any(one.name == "repeat" for one in case.marks)]
    if marked or (config.getoption("count", None) or 1) > 1:
        config.stash[_REPEATING] = True
        what = f"{marked[0]}: the mark repeat" if marked else "--count"
        warnings.warn(
            f"{what} of pytest-repeat has no effect on YAML cases: each runs once; rows of "
            "config.data_source make several tests of a case, a step of type loop repeats steps",
            SisyphusWarning,
            stacklevel=2,
        )


class SharedIdentity(SisyphusWarning):
    """Two cases have the same `case_id` or `case_key`."""


class CaseFile(pytest.File):
    """One YAML file."""

    def collect(self) -> "Iterator[CaseItem | NamePart]":
        with _no_garbage():
            return iter(self._items())

    def _items(self) -> "list[CaseItem | NamePart]":
        options = self.config.stash[OPTIONS]
        roots = options.include_roots or (self.config.rootpath,)
        reader = Reader(
            roots=tuple((self.config.rootpath / root).resolve() for root in roots),
            base=self.config.rootpath,
        )
        try:
            parts = gather(self, options)
        except SisyphusError as error:
            raise self.CollectError(f"{self.nodeid}: {error}") from error
        reading = Reading(
            steps=parts.steps,
            checks=parts.checks,
            extractors=parts.extractors,
            functions=parts.functions,
            auth_types=parts.auth_types,
            resolve=lambda text, place: reader.resolve(text, self.path, place),
            unknown_keys=options.unknown_keys,
            given=frozenset(options.variables),
            profile=options.profile,
            marks=registered(self.config.getini("markers")),
            strict_marks=_is_strict(self.config),
        )
        try:
            cases = read_cases(self.path, reader, reading)
        except SpecError as error:
            raise self._refused(error.complaints) from error
        _register(self.config, {tag for case in cases for tag in case.tags})
        _warn_of_shared_identities(cases, self.config)
        _warn_of_repeating(cases, self.config)
        apart = any(arg.count("::") > 1 for arg in self.config.args)
        return [
            _named(
                self,
                name_parts(_id_of(case, row)) if apart else [_id_of(case, row)],
                functools.partial(
                    CaseItem.of, case=case, parts=parts, reading=reading, run=run, row=row
                ),
            )
            for case, rows in self._expanded(cases, parts, reading)
            for run in [_callable(case, self.config)]
            for row in rows
        ]

    def _expanded(
        self, cases: list[Case], parts: Parts, reading: Reading
    ) -> list[tuple[Case, tuple[Row | None, ...]]]:
        expanded: list[tuple[Case, tuple[Row | None, ...]]] = []
        complaints = []
        for case in cases:
            if why_blocked(case, self.config.stash[OPTIONS]):
                expanded.append((case, (None,)))  # its rows may hang on its profile
                continue
            make_plan = functools.partial(self._plan_of_rows, case, parts, reading)
            try:
                expanded.append((case, rows_of(case, make_plan, reading, once(self.config))))
            except SpecError as error:
                complaints += error.complaints
        if complaints:
            raise self._refused(complaints)
        return expanded

    def _refused(self, complaints: list[Complaint]) -> Exception:
        files = {one.place.file for one in complaints}
        return self.CollectError(from_here(str(SpecError(complaints)), files, self.config))

    def _plan_of_rows(self, case: Case, parts: Parts, reading: Reading) -> Plan:
        """What the data source's own templates are rendered with: no fixtures, no row."""
        return plan(
            case,
            reading=reading,
            options=self.config.stash[OPTIONS],
            functions=parts.functions_with,
            clock=parts.clock,
            environ=parts.environ,
            fixtures={},
            seed=f"{self.config.stash[SEED]}/{self.nodeid}::{case.name}",
        )


class NamePart(pytest.Collector):
    """`GET a` of a case called `GET a::b`: pytest takes the ids that it is given apart there.

    Node ids are the same with and without it, so it is there only where such an id is given.
    """

    _make: Callable[[], "CaseItem | NamePart"]

    def collect(self) -> "list[CaseItem | NamePart]":
        return [self._make()]


_Make = Callable[[pytest.Collector, str], "CaseItem"]


def _named(parent: pytest.Collector, names: list[str], make: _Make) -> "CaseItem | NamePart":
    first, *rest = names
    if not rest:
        return make(parent, first)
    part: NamePart = NamePart.from_parent(parent, name=first)
    part._make = functools.partial(_named, part, rest, make)
    return part


def _id_of(case: Case, row: Row | None) -> str:
    name = name_in_id(case.name)
    return name if row is None else f"{name}[{name_in_id(row.id)}]"


class CaseFailed(Exception):  # noqa: N818 - an outcome, as pytest's own Failed
    """Carries the masked document to the report."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(summary_line(document))
        self.document = document


def _raised(document: dict[str, Any]) -> CaseFailed:
    """Its class is called as the error's type, and is of that type where Python has it: so other
    plugins tell a failed check from what is broken, and a refused connection from a mistake."""
    info = document.get("error_info") or {}
    return _class_of(str(info.get("type", CaseFailed.__name__)), is_assertion(document))(document)


@functools.cache
def _class_of(name: str, asserts: bool) -> type[CaseFailed]:
    known = AssertionError if asserts else getattr(builtins, name, None)
    is_kind = isinstance(known, type) and issubclass(known, Exception)
    return type(name, (CaseFailed, known) if is_kind else (CaseFailed,), {})  # type: ignore[arg-type]


class CaseItem(pytest.Function):
    """One case. A `pytest.Function`, so that fixtures, marks and other plugins work by
    pytest's public ways; the function it calls runs the case."""

    case: Case
    parts: Parts
    reading: Reading
    #: of the data source, if the case has one.
    row: Row | None
    #: the masked document of the case, once it ran.
    sisyphus_document: dict[str, Any] | None
    _has_begun: bool
    #: of the case's secrets, once it ran.
    _mask: Callable[[Any], Any] | None
    sisyphus_properties: list[Property]

    @classmethod
    def of(
        cls,
        parent: pytest.Collector,
        name: str,
        case: Case,
        parts: Parts,
        reading: Reading,
        *,
        run: Callable[..., None],
        row: Row | None,
    ) -> "CaseItem":
        """`name`: what its node id says behind the parent's."""
        item: CaseItem = cls.from_parent(parent, name=name, callobj=run)
        item.case, item.parts, item.reading, item.row = case, parts, reading, row
        item.sisyphus_document = None
        item._mask = None
        item.sisyphus_properties = of_case(
            place=case.place,
            identity=case.identity,
            description=case.description,
            tags=case.tags,
            row=None if row is None else row.id,
        )
        item.user_properties.extend(item.sisyphus_properties)
        for mark in case.marks:
            if mark.conditions:
                item.add_marker(_conditional(mark, item))
        return item

    @property
    def id(self) -> Any:
        """Since pytest 9.2 `--lf` compares ids by their parts, and reads them from text: so is
        this one, or a name in brackets would be another part in the cache than here."""
        return type(super().id).parse(self.nodeid)

    @property
    def sisyphus_title(self) -> str:
        return self.case.name

    @property
    def sisyphus_place(self) -> str:
        """The same of all data rows."""
        return str(self.case.place)

    @property
    def sisyphus_enabled(self) -> bool:
        return self.case.enabled

    def runtest(self) -> None:
        """As of any function; but a case that nobody called is never a pass."""
        self._has_begun = False
        clock = self.parts.clock
        since = clock.now(), clock.tick()
        answer = self.ihook.pytest_pyfunc_call(pyfuncitem=self)
        if answer is None and not self._has_begun:  # with `-p no:python` nobody calls functions
            self.obj(self.funcargs["request"])
        if not self._has_begun:
            self._document(unplanned(self.case, _uncalled(self), clock, since), self._masking)
            _tell(self.sisyphus_document)

    @property
    def sisyphus_blocked(self) -> str:
        """Why it cannot be carried out here; asked before its fixtures are made."""
        return why_blocked(self.case, self._options)

    def run_case(self, fixture: Callable[[str], Any]) -> None:
        """Raises CaseFailed, or skips."""
        self._has_begun = True
        self.sisyphus_document = None  # of an earlier attempt, if the case is run again
        clock = self.parts.clock
        since = clock.now(), clock.tick()
        try:
            made = self._plan(fixture)
        except SisyphusError as error:
            self._document(unplanned(self.case, error, clock, since), self._masking)
        else:
            run = CaseRun(self.case, made, clock)
            try:
                with self._masked_logs(made):
                    run.run()
            finally:
                result = self._checked(run.result())
                self._mask = mask_of(made, result, self._options)
                self._document(result, self._mask)
        _tell(self.sisyphus_document)

    def _checked(self, result: CaseResult) -> CaseResult:
        """A case in which nothing was checked is warned of, or fails, as the run was asked."""
        if self._options.unchecked == "ignore" or not result.is_unchecked:
            return result
        if self._options.unchecked == "warn" and self._warned_of_nothing_checked():
            return result
        error = ConfigError(_NOTHING_CHECKED, suggestion="give a step `validations`")
        return dataclasses.replace(result, status=CaseStatus.FAILED, error=error)

    def _warned_of_nothing_checked(self) -> bool:
        """False where warnings are errors (`-W error`)."""
        try:
            warnings.warn_explicit(
                _NOTHING_CHECKED, NothingChecked, str(self.path), self.case.place.line
            )
        except NothingChecked:
            return False
        return True

    def _masked_logs(self, made: Plan) -> AbstractContextManager[None]:
        return nullcontext() if self._options.show_secrets else masked_logs(mask_so_far(made))

    def holds(self, condition: Condition) -> bool:
        """Before the case's fixtures are there. Raises SisyphusError."""
        made = self._plan(lambda _: None)
        try:
            return condition.holds(made.scope)
        finally:
            made.close()

    @property
    def _options(self) -> Options:
        return self.config.stash[OPTIONS]

    def _plan(self, fixture: Callable[[str], Any]) -> Plan:
        return plan(
            self.case,
            reading=self.reading,
            options=self._options,
            functions=self.parts.functions_with,
            clock=self.parts.clock,
            environ=self.parts.environ,
            fixtures={name: fixture(name) for name in self.case.usefixtures},
            seed=f"{self.config.stash[SEED]}/{self.nodeid}",
            row=self.row,
        )

    def _document(self, result: CaseResult, mask: Callable[[Any], Any]) -> None:
        self.sisyphus_document = case_document(
            result,
            mask=mask,
            max_body=self._options.max_body,
            nodeid=self.nodeid,
            tells_unchecked=self._options.unchecked != "ignore",
        )
        self.user_properties[:] = self.sisyphus_properties + of_document(self.sisyphus_document)

    def repr_failure(  # type: ignore[override] # as pytest.Function's, which is narrower than Node's
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Any:
        if isinstance(excinfo.value, CaseFailed):
            return self._shown(excinfo, excinfo.value.document)
        shown = super().repr_failure(excinfo)  # another plugin's end of the test, or a bug
        text = str(shown)
        mask = self._masking
        return shown if mask(text) == text else f"{self.case.place}: {mask(told(excinfo.value))}"

    @property
    def _masking(self) -> Callable[[Any], Any]:
        """The case's own mask; before it ran, that of what is known by then."""
        if self._mask is not None:
            return self._mask
        fixtures = {name: one for name, one in self.funcargs.items() if name != "request"}
        return mask_before(self.case, fixtures, self._options)

    def sisyphus_mask(
        self, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[BaseException] | None
    ) -> None:
        """Masks what was captured, also before its secrets were known, and how a fixture failed."""
        if report.when == "setup":
            self._mask = None  # of an earlier attempt, whose fixtures were others
        mask = self._masking
        report.sections = [(name, mask(text)) for name, text in report.sections]
        if excinfo is not None and report.when != "call":
            report.longrepr = _masked_failure(report.longrepr, excinfo, mask)

    def _shown(self, excinfo: pytest.ExceptionInfo[BaseException], document: dict[str, Any]) -> Any:
        """The failure's text, where pytest and its plugins look for a traceback, with the place
        that `--tb=line` and the short summary show."""
        text = from_here(failure_text(document), files_in(document), self.config)
        shown: Any = excinfo.getrepr(style="native")
        if shown.reprcrash is None:
            return text
        if self.config.getoption("tbstyle", "auto") == "line":
            text = text.partition("\n")[0]
        file, line = crash_place(document)
        crash = dataclasses.replace(
            shown.reprcrash,
            path=str(self.config.rootpath / file),
            lineno=line,
            message=str(excinfo.value),
        )
        _put(shown, text, crash)
        return shown

    def sisyphus_wrong_fixture(self, error: BaseException) -> str:
        """What is wrong with a fixture of `usefixtures`; empty when it is something else."""
        place = self.case.place_of("usefixtures")
        if isinstance(error, pytest.FixtureLookupError):
            return f"{place.exact}: no fixture {error.argname!r} (pytest --fixtures lists them)"
        found = (
            _PARAMETRIZED.search(str(error)) if isinstance(error, pytest.fail.Exception) else None
        )
        if found is None:
            return ""
        return (
            f"{place.exact}: fixture {found['name']!r} has params, and a YAML case cannot choose "
            "one; use a fixture without params, or data rows (config.data_source)"
        )

    def reportinfo(self) -> tuple[Path, int, str]:
        name = self.nodeid.partition("::")[2]
        if "." in name.partition("[")[0]:
            name += " "  # else pytest takes it for the path of a function, and prints `::` for `.`
        return self.path, self.case.place.line - 1, name


def _masked_failure(
    failure: Any, excinfo: pytest.ExceptionInfo[BaseException], mask: Callable[[Any], Any]
) -> Any:
    """Of a fixture: what pytest shows of it, in a form that it can show if that must change."""
    if isinstance(failure, tuple):  # it skips: file, line and why
        return (*failure[:2], mask(failure[2]))
    text = str(failure)
    masked = mask(text)
    if masked == text:
        return failure
    shown: Any = excinfo.getrepr(style="native")
    if isinstance(failure, str) or shown.reprcrash is None:
        return masked
    message = mask(shown.reprcrash.message)
    _put(shown, masked, dataclasses.replace(shown.reprcrash, message=message))
    return shown


def _put(shown: Any, text: str, crash: Any) -> None:
    """In place of the trace in pytest's native form, which is one entry."""
    entry = dataclasses.replace(shown.reprtraceback.reprentries[0], lines=[text + "\n"])
    shown.reprtraceback.reprentries = [entry]
    shown.reprcrash = crash


def _uncalled(item: CaseItem) -> ConfigError:
    answering = item.ihook.pytest_pyfunc_call.get_hookimpls()
    names = (one.plugin_name for one in answering if one.plugin_name not in {"python", "unittest"})
    return ConfigError(
        "the case did not run: a plugin answered pytest_pyfunc_call without calling the test "
        f"(plugins that have this hook: {', '.join(names)})"
    )


def _tell(document: dict[str, Any] | None) -> None:
    """The document's status in pytest's own way."""
    if document is None:
        return
    status = document["test_case"]["status"]
    if status == "failed":
        raise _raised(document)
    if status == "skipped":
        told = (step["meta"]["reason"] for step in document["steps"])
        pytest.skip(f"every step is skipped: {next(filter(None, told), '')}")


def _callable(case: Case, config: pytest.Config) -> Callable[..., None]:
    """A function of its own for each case: pytest reads marks and fixtures off it."""
    tag_marks = _allure_marks if config.pluginmanager.has_plugin("allure_pytest") else _plain_marks

    def run(request: pytest.FixtureRequest) -> None:
        request.node.run_case(request.getfixturevalue)

    run.pytestmark = [*tag_marks(case.tags), *_marks(case)]  # type: ignore[attr-defined] # where pytest looks
    return run


def _plain_marks(tags: Iterable[str]) -> Iterator[Any]:
    yield from map(_mark, tags)


def _allure_marks(tags: Iterable[str]) -> Iterator[Any]:
    """allure-pytest takes labels and links from marks of its own, and a mark that has arguments
    for no tag."""
    for tag in tags:
        name, _, value = tag.partition(":")
        if value and name in ALLURE_LABELS:
            yield _mark(tag, allure=name)
            yield _mark(ALLURE_LABEL, value, label_type=name)
        elif value and name in ALLURE_LINKS:
            yield _mark(tag, allure=name)
            title = value.rstrip("/").rpartition("/")[2] or value
            yield _mark(ALLURE_LINK, value, link_type=name, name=title)
        else:
            yield _mark(tag)


def _marks(case: Case) -> Iterator[Any]:
    for mark in case.marks:
        if not mark.conditions:
            yield _mark(mark.name, *mark.args, **mark.kwargs)
    if case.identity:
        yield pytest.mark.sisyphus(**case.identity)
    if case.usefixtures:
        yield pytest.mark.usefixtures(*case.usefixtures)
    if not case.enabled:
        yield pytest.mark.skip(reason=f"{case.place}: enabled is false")


def _register(config: pytest.Config, tags: set[str]) -> None:
    """So that `-m TAG` works with strict markers too."""
    known = set(config.getini("markers"))
    for line in sorted({f"{tag}: a tag of YAML cases" for tag in tags} - known):
        config.addinivalue_line("markers", line)


def _mark(name: str, /, *args: Any, **kwargs: Any) -> pytest.Mark:
    """A mark of any name: tags are the testers' own words."""
    mark: pytest.Mark = copy.copy(pytest.mark.sisyphus(*args, **kwargs).mark)
    object.__setattr__(mark, "name", name)
    return mark


class _Asked:
    """A condition of a case's mark: pytest asks for its truth when the case is set up."""

    def __init__(self, condition: Condition, item: CaseItem) -> None:
        self._condition = condition
        self._item = item

    def __bool__(self) -> bool:
        return self._item.holds(self._condition)


def _conditional(mark: MarkWithArguments, item: CaseItem) -> pytest.MarkDecorator:
    words = ", ".join(one.text for one in mark.conditions)
    kwargs = {"reason": f"condition: {words}", **mark.kwargs}
    decorator: pytest.MarkDecorator = getattr(pytest.mark, mark.name)
    return decorator.with_args(*(_Asked(one, item) for one in mark.conditions), **kwargs)


def _is_strict(config: pytest.Config) -> bool:
    """Whether unregistered marks are errors; the option has had several names."""
    for name in ("strict_markers", "strict"):
        with contextlib.suppress(KeyError, ValueError):
            if config.getoption(name, False) or config.getini(name):
                return True
    return False
