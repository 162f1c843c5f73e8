"""Cases run by a library call: without pytest, its command line, and reports."""

import dataclasses
import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from pytest_sisyphus import builtin
from pytest_sisyphus.clock import Clock, SystemClock
from pytest_sisyphus.compiled.context import CaseContext
from pytest_sisyphus.compiled.data_rows import rows_of
from pytest_sisyphus.compiled.session_cache import SessionCache
from pytest_sisyphus.compiled.variables import CaseInputs, Row
from pytest_sisyphus.config.options import PROJECT_FILE, Options
from pytest_sisyphus.documents.build import case_document
from pytest_sisyphus.documents.masking import case_mask, preliminary_mask
from pytest_sisyphus.engine.case_result import case_result, failed_before_start
from pytest_sisyphus.engine.runner import CaseRun
from pytest_sisyphus.errors import ConfigError, SisyphusError
from pytest_sisyphus.extensions.loader import Extensions, hooks_of, load_extensions
from pytest_sisyphus.http.pool import POOL
from pytest_sisyphus.i18n import language, language_set_back, set_language, tr
from pytest_sisyphus.location import Location
from pytest_sisyphus.node_ids import name_in_id
from pytest_sisyphus.results import CaseResult, CaseStatus
from pytest_sisyphus.source.called_cases import CalledCases
from pytest_sisyphus.source.case_file import read_cases
from pytest_sisyphus.source.detection import NO_CASE, looks_like_a_case
from pytest_sisyphus.source.diagnostics import Diagnostic, SpecError
from pytest_sisyphus.source.file_cache import FileCache, FileContent, OverlayFileCache
from pytest_sisyphus.source.project import ProjectFiles
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.values.record import record

_SUFFIXES: Final = frozenset({".yaml", ".yml"})


@record(kw_only=False)
class CaseText:
    """Cases that are no file: `run_cases(CaseText("name: …"))`."""

    #: YAML, one document a case.
    text: str
    #: the file that it stands for, which need not exist: messages name it, and paths in the text
    #: are relative to its folder.
    path: str | os.PathLike[str] = "case.yaml"


Source: TypeAlias = str | os.PathLike[str] | CaseText


@record
class CaseReport(CaseResult):
    """What came of a case, or of one of its data rows, and its document for reports.

    The values in it are as they were; only `document()` masks secrets.
    """

    #: `cases/login.yaml::login[row]`, as pytest calls it.
    nodeid: str
    _mask: Callable[[Any], Any]

    def document(self) -> dict[str, Any]:
        """The document of the `json` report, made of JSON's own types, with secrets masked."""
        return case_document(self, mask=self._mask, max_body=Options().max_body, nodeid=self.nodeid)


def run_cases(
    sources: Source | Iterable[Source],
    *,
    variables: Mapping[str, Any] | None = None,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
    fixtures: Mapping[str, Any] | None = None,
    extensions: Iterable[object] = (),
    seed: int | None = None,
    scripts: Literal["allow", "deny"] = "allow",
    root: str | os.PathLike[str] | None = None,
    lang: Literal["zh", "en"] | None = None,
) -> list[CaseReport]:
    """Run all cases of some files, one after the other, and return what came of each.

        for result in run_cases("cases/login.yaml", variables={"host": "https://test.example"}):
            print(result.name, result.status, result.error or "")

    Everything is read before anything runs. A case with data rows has one result for each row. A
    case that fails, or cannot begin, is a result with an `error`; whatever it opened is closed.

    `sources`: a file, a folder (its YAML files that look like cases, in the order of their names)
    or a `CaseText`, or several of these.
    `variables`: above the cases' own, as `--sisyphus-var`. `profile`: instead of `active_profile`.
    `environ`: the environment variables that cases may read; None: all of this process.
    `fixtures`: values for the names of the cases' `usefixtures`, as `${fixtures.NAME}` reads them.
    `extensions`: modules or objects with hooks, as a `conftest.py` has them.
    `seed`: makes the random functions repeatable. `scripts`: `deny` refuses scripts and hook code.
    `root`: paths in messages are relative to it, files may only include what is in it, and a
    `sisyphus.yaml` in it, or in a folder between it and a case, holds for the case; None: the
    working directory, or the folder of a source elsewhere.
    `lang`: of messages; None: that of a pytest around it, else English, whatever the locale is.

    Of a case's `marks`, `skip` and `skipif` count; the others are for pytest.

    Raises SpecError with all mistakes of all files, ConfigError when there is no case or an
    extension cannot be used, and what interrupts a case (KeyboardInterrupt), after its teardown.
    """
    several = [sources] if isinstance(sources, str | os.PathLike | CaseText) else list(sources)
    clock = SystemClock()
    readable = dict(os.environ if environ is None else environ)
    session = _Session(
        extensions=load_extensions(hooks_of([builtin, *extensions]), clock, readable),
        options=Options(variables=dict(variables or {}), profile=profile or "", scripts=scripts),
        fixtures=fixtures or {},
        seed=random.SystemRandom().randrange(10**9) if seed is None else seed,
        root=Path.cwd() if root is None else Path(root).resolve(),
        roots_are_given=root is not None,
        clock=clock,
    )
    with language_set_back():
        set_language(lang or language())
        try:
            return [run.run() for run in _planned(several, session)]
        finally:
            POOL.close()


@record
class _Session:
    """What all cases of one call have in common."""

    extensions: Extensions
    options: Options
    fixtures: Mapping[str, Any]
    seed: int
    root: Path
    roots_are_given: bool
    clock: Clock
    file_cache: FileCache = dataclasses.field(default_factory=FileCache)
    #: what `sisyphus.yaml` files say, by the folder that they are looked for in.
    projects: dict[Path, ProjectFiles] = dataclasses.field(default_factory=dict)
    called_cases: CalledCases = dataclasses.field(default_factory=CalledCases)
    #: the rows of databases, asked once.
    rows: SessionCache = dataclasses.field(default_factory=SessionCache)


def _planned(sources: Iterable[Source], session: _Session) -> "list[_Run]":
    """The cases of all sources, each with its row. Raises SpecError, ConfigError."""
    runs: list[_Run] = []
    diagnostics: list[Diagnostic] = []
    for source in sources:
        for file in _files(source, session):
            try:
                runs += file.runs()
            except SpecError as error:
                diagnostics += error.diagnostics
    if diagnostics:
        raise SpecError([*dict.fromkeys(diagnostics)])
    if not runs:
        raise ConfigError(tr("there is no case to run: no source holds one"))
    return runs


def _files(source: Source, session: _Session) -> "Iterator[_File]":
    if isinstance(source, CaseText):
        path = session.root / source.path
        yield _File(path.resolve(), FileContent(source.text.encode()), path.parent, session)
        return
    path = (session.root / source).resolve()
    if path.name == PROJECT_FILE:
        raise SpecError.at(Location(str(source), 1), tr(NO_CASE))
    if not path.is_dir():
        yield _File(path, None, path.parent, session)
        return
    for found in sorted(path.rglob("*")):
        is_text = found.suffix.lower() in _SUFFIXES and found.name != PROJECT_FILE
        if is_text and found.is_file():
            content = found.read_bytes()
            if looks_like_a_case(content):
                yield _File(found, FileContent(content), path, session)


class _File:
    """One file of cases."""

    def __init__(
        self, path: Path, content: FileContent | None, folder: Path, session: _Session
    ) -> None:
        """`content`: None: it is read. `folder`: of the source, for what it includes."""
        cache = session.file_cache
        roots = (session.root,) if session.roots_are_given else (session.root, folder.resolve())
        self.path = path
        self.session = session
        self.reader = Reader(
            roots=roots,
            base=session.root,
            file_cache=cache if content is None else OverlayFileCache(cache, path, content),
        )
        root = next(filter(path.is_relative_to, roots), session.root)
        extensions, options = session.extensions, session.options
        self.validation = ValidationContext(
            steps=extensions.steps,
            checks=extensions.checks,
            extractors=extensions.extractors,
            functions=extensions.functions,
            auth_types=extensions.auth_types,
            resolve=lambda text, location: self.reader.resolve(
                text, self.reader.file_of(location, path), location
            ),
            find_called=lambda call, validation: session.called_cases.find(
                call, validation, path, self.reader, session.projects[root]
            ),
            given=frozenset(options.variables),
            profile=options.profile,
        )
        if root not in session.projects:
            reader = dataclasses.replace(self.reader, file_cache=cache)
            session.projects[root] = ProjectFiles(root, reader, self.validation)
        self._inherited = session.projects[root].of(path.parent)

    def runs(self) -> "list[_Run]":
        """Raises SpecError."""
        shown = self.reader.display_path(self.path)
        runs: list[_Run] = []
        diagnostics: list[Diagnostic] = []
        for case in read_cases(self.path, self.reader, self.validation, self._inherited):
            name = f"{shown}::{name_in_id(case.name)}"
            try:
                found = rows_of(case, self.inputs(name, {}, None), self.session.rows)
            except SpecError as error:
                diagnostics += error.diagnostics
                continue
            if found is None:
                runs.append(_Run(self, case, name, None))
            else:
                rows, ids = found
                runs += [
                    _Run(self, case, f"{name}[{name_in_id(one)}]", rows.row(number))
                    for number, one in enumerate(ids)
                ]
        if diagnostics:
            raise SpecError(diagnostics)
        return runs

    def inputs(self, nodeid: str, fixtures: Mapping[str, Any], row: Row | None) -> CaseInputs:
        session = self.session
        return CaseInputs(
            validation=self.validation,
            options=session.options,
            functions=session.extensions.functions_for,
            clock=session.clock,
            environ=session.extensions.environ,
            fixtures=fixtures,
            seed=f"{session.seed}/{nodeid}",
            row=row,
        )


class _Run:
    """One case with one row."""

    def __init__(self, file: _File, case: Case, nodeid: str, row: Row | None) -> None:
        self._file = file
        self._case = case
        self._nodeid = nodeid
        self._row = row

    def run(self) -> CaseReport:
        session, case = self._file.session, self._case
        clock = session.clock
        started = clock.now(), clock.tick()
        context: CaseContext | None = None
        try:
            inputs = self._file.inputs(self._nodeid, self._fixtures(), self._row)
            context = CaseContext.create(case, inputs)
            is_skipped = not case.enabled or any(
                mark.name == "skip"
                or (
                    mark.name == "skipif"
                    and any(condition.evaluate(context.scope) for condition in mark.conditions)
                )
                for mark in case.marks
            )
            if not is_skipped:
                run = CaseRun(case, context, clock)
                run.run()
                result = run.result()
                return self._report(result, case_mask(context, result, session.options))
            result = case_result(
                case, context.name, clock, started, status=CaseStatus.SKIPPED, error=None
            )
        except SisyphusError as error:
            result = failed_before_start(case, error, clock, started)
        finally:
            if context is not None:
                context.close()
        names = case.config.mask if case.config else ()
        return self._report(result, preliminary_mask(names, session.fixtures, session.options))

    def _fixtures(self) -> dict[str, Any]:
        """Those that the case names. Raises ConfigError for one that was not given."""
        given, names = self._file.session.fixtures, self._case.usefixtures
        for name in names:
            if name not in given:
                location = self._case.location_of("usefixtures")
                raise ConfigError(
                    tr(
                        "{location}: the case uses the fixture {name!r}, and no pytest is there "
                        "to make it; give its value: run_cases(…, fixtures={{{name!r}: …}})",
                        location=location,
                        name=name,
                    )
                )
        return {name: given[name] for name in names}

    def _report(self, result: CaseResult, mask: Callable[[Any], Any]) -> CaseReport:
        fields = {one.name: getattr(result, one.name) for one in dataclasses.fields(CaseResult)}
        return CaseReport(**fields, nodeid=self._nodeid, _mask=mask)
