"""One case as pytest's own test function."""

import dataclasses
import difflib
import re
import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_sisyphus.compiled.context import CaseContext
from pytest_sisyphus.compiled.variables import CaseInputs, Row, missing_profile
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.config.stash import OPTIONS, SEED
from pytest_sisyphus.documents.masking import case_mask, live_mask, preliminary_mask
from pytest_sisyphus.documents.user_properties import Property, case_properties
from pytest_sisyphus.engine.case_result import failed_before_start
from pytest_sisyphus.engine.runner import CaseRun
from pytest_sisyphus.errors import ConfigError, SisyphusError
from pytest_sisyphus.extensions.guard import describe_error
from pytest_sisyphus.extensions.loader import Extensions
from pytest_sisyphus.extensions.registry import did_you_mean
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.nodes import NothingChecked
from pytest_sisyphus.nodes.documents_wanted import are_wanted
from pytest_sisyphus.nodes.lazy import LazyFunction
from pytest_sisyphus.nodes.log_masking import masked_logs
from pytest_sisyphus.nodes.metadata import CaseMetadata
from pytest_sisyphus.nodes.outcome import CaseOutcome, may_change
from pytest_sisyphus.results import CaseResult, CaseStatus
from pytest_sisyphus.spec.case import Case
from pytest_sisyphus.values.lazy_pattern import lazy_pattern

if TYPE_CHECKING:
    from pytest_sisyphus.nodes.collected_case import CollectedCase

_AVAILABLE: Final = lazy_pattern(r"available fixtures: (.*)")
#: pytest's words for a fixture with params that nothing gives a value to.
_PARAMETRIZED = lazy_pattern(
    r"no parameter defined for test.*?Requested fixture '(?P<name>[^']+)'", re.DOTALL
)

#: plugins of pytest itself that implement pytest_pyfunc_call.
_PYTESTS_OWN: Final = frozenset({"python", "unittest"})
_NOTHING_CHECKED: Final = marked(
    "nothing was checked: no step that ran has validations, a benchmark, "
    "until or a condition to wait for"
)


class CaseItem(LazyFunction):
    """One case. A `pytest.Function`, so that fixtures, marks and other plugins work by
    pytest's public ways; the function it calls runs the case."""

    collected: "CollectedCase"
    #: of the data row, if the case has some.
    number: int
    #: once it ran, until its test is over.
    sisyphus_outcome: CaseOutcome | None = None
    _was_called = False
    #: of the case's secrets, once it ran.
    _mask: Callable[[Any], Any] | None = None

    @property
    def case(self) -> Case:
        """Raises SisyphusError."""
        return self.collected.source.case(self.metadata)

    @property
    def metadata(self) -> CaseMetadata:
        return self.collected.metadata

    @property
    def extensions(self) -> Extensions:
        return self.collected.source.context.extensions

    @property
    def row(self) -> Row | None:
        rows = self.collected.rows
        return None if rows is None else rows.row(self.number)

    @property
    def sisyphus_properties(self) -> list[Property]:
        metadata, row = self.metadata, self.row
        return case_properties(
            location=metadata.location,
            identity=metadata.identity,
            description=metadata.description,
            tags=metadata.tags,
            row=None if row is None else row.id,
        )

    @property
    def id(self) -> Any:
        """Since pytest 9.2 `--lf` compares ids by their parts, and reads them from text: so is
        this one, or a name in brackets would be another part in the cache than here."""
        known = super().id
        read = type(known).parse(self.nodeid)
        if read == known:
            return known
        self._id = read  # pytest's cache keeps all that it is given: 28 MiB of 100 000 data rows
        return read

    @property
    def sisyphus_title(self) -> str:
        return self.metadata.name

    @property
    def sisyphus_place(self) -> str:
        """The same of all data rows."""
        return str(self.metadata.location)

    @property
    def sisyphus_enabled(self) -> bool:
        return self.metadata.enabled

    def runtest(self) -> None:
        """As pytest runs any function; but a case that no plugin called is never a pass."""
        self._was_called = False
        clock = self.extensions.clock
        started = clock.now(), clock.tick()
        handled = self.ihook.pytest_pyfunc_call(pyfuncitem=self)
        if handled is None and not self._was_called:  # with `-p no:python` functions are not called
            self.obj(self.funcargs["request"])
        if not self._was_called:
            hooks = self.ihook.pytest_pyfunc_call.get_hookimpls()
            others = (one.plugin_name for one in hooks if one.plugin_name not in _PYTESTS_OWN)
            error = ConfigError(
                tr(
                    "the case did not run: a plugin answered pytest_pyfunc_call without "
                    "calling the test (plugins that have this hook: {plugins})",
                    plugins=", ".join(others),
                )
            )
            result = failed_before_start(self.metadata, error, clock, started)
            _report_outcome(self._store_outcome(result, self._masker))

    @property
    def sisyphus_setup_error(self) -> str:
        """Why it cannot be carried out here; asked before its fixtures are made."""
        metadata = self.metadata
        if why := missing_profile(metadata.profiles, metadata.profiles_location, self._options):
            return why
        try:
            self.case  # noqa: B018 - it is read here
        except SisyphusError as error:
            return str(error)
        return ""

    def run_case(self, fixture: Callable[[str], Any]) -> None:
        """Raises CaseFailed, or skips."""
        self._was_called = True
        self.sisyphus_outcome = None  # of an earlier attempt, if the case is run again
        clock = self.extensions.clock
        started = clock.now(), clock.tick()
        try:
            context = self._context(fixture)
        except SisyphusError as error:
            outcome = self._store_outcome(
                failed_before_start(self.metadata, error, clock, started), self._masker
            )
        else:
            run = CaseRun(self.case, context, clock)
            shows_secrets = self._options.show_secrets
            try:
                with nullcontext() if shows_secrets else masked_logs(live_mask(context)):
                    run.run()
            finally:
                result = self._with_unchecked_policy(run.result())
                self._mask = case_mask(context, result, self._options)
                outcome = self._store_outcome(result, self._mask)
                if are_wanted(self.config) or may_change(context.scope.builtins["fixtures"]):
                    outcome.document()  # while it is as the case left it
        _report_outcome(outcome)

    def _with_unchecked_policy(self, result: CaseResult) -> CaseResult:
        """A case in which nothing was checked is warned of, or fails, as the run was asked."""
        if self._options.unchecked == "ignore" or not result.is_unchecked:
            return result
        if self._options.unchecked == "warn":
            try:
                warnings.warn_explicit(
                    tr(_NOTHING_CHECKED),
                    NothingChecked,
                    str(self.path),
                    self.metadata.location.line,
                )
            except NothingChecked:  # where warnings are errors (`-W error`) it fails, too
                pass
            else:
                return result
        error = ConfigError(tr(_NOTHING_CHECKED), suggestion=tr("give a step `validations`"))
        return dataclasses.replace(result, status=CaseStatus.FAILED, error=error)

    def evaluate_condition(self, mark: int, condition: int) -> bool:
        """One of the conditions of the case's marks, before its fixtures are there. Raises
        SisyphusError."""
        context = self._context(lambda _: None)
        try:
            return bool(self.case.marks[mark].conditions[condition].evaluate(context.scope))
        finally:
            context.close()

    def sisyphus_explanation(self) -> list[str]:
        """What it would do, as lines of text with secrets masked. Raises SisyphusError."""
        if why := self.sisyphus_setup_error:
            raise ConfigError(why)
        from pytest_sisyphus.compiled.explain import explain_case  # noqa: PLC0415 - only when asked for

        return explain_case(self.case, self._inputs({}))

    @property
    def _options(self) -> Options:
        return self.config.stash[OPTIONS]

    def _context(self, fixture: Callable[[str], Any]) -> CaseContext:
        fixtures = {name: fixture(name) for name in self.metadata.usefixtures}
        return CaseContext.create(self.case, self._inputs(fixtures))

    def _inputs(self, fixtures: Mapping[str, Any]) -> CaseInputs:
        return self.collected.source.inputs(
            self._options,
            fixtures=fixtures,
            seed=f"{self.config.stash[SEED]}/{self.nodeid}",
            row=self.row,
        )

    def _store_outcome(self, result: CaseResult, mask: Callable[[Any], Any]) -> CaseOutcome:
        options = self._options
        self.sisyphus_outcome = outcome = CaseOutcome(
            result,
            mask,
            nodeid=self.nodeid,
            max_body=options.max_body,
            report_unchecked=options.unchecked != "ignore",
        )
        self.user_properties[:] = self.sisyphus_properties + outcome.properties()
        return outcome

    @property
    def sisyphus_document(self) -> dict[str, Any] | None:
        """Masked; of a case that ran, and whose test is not over."""
        return None if self.sisyphus_outcome is None else self.sisyphus_outcome.document()

    def sisyphus_release(self) -> None:
        """pytest keeps its items to the end, and none shall keep what a server answered."""
        self.sisyphus_outcome = self._mask = None

    def repr_failure(  # type: ignore[override] # as pytest.Function's, which is narrower than Node's
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Any:
        from pytest_sisyphus.nodes.failure import CaseFailed, failure_repr  # noqa: PLC0415 - 2 ms

        if isinstance(excinfo.value, CaseFailed):
            return failure_repr(excinfo, excinfo.value.document, self.config)
        failure = super().repr_failure(excinfo)  # another plugin's end of the test, or a bug
        text, mask = str(failure), self._masker
        if mask(text) == text:
            return failure
        return f"{self.metadata.location}: {mask(describe_error(excinfo.value))}"

    @property
    def _masker(self) -> Callable[[Any], Any]:
        """The case's own mask; before it ran, that of what is known by then."""
        if self._mask is not None:
            return self._mask
        fixtures = {name: one for name, one in self.funcargs.items() if name != "request"}
        return preliminary_mask(self.metadata.mask, fixtures, self._options)

    def sisyphus_mask(
        self, report: pytest.TestReport, excinfo: pytest.ExceptionInfo[BaseException] | None
    ) -> None:
        """Masks what was captured, also before its secrets were known, and how a fixture failed."""
        if report.when == "setup":
            self._mask = None  # of an earlier attempt, whose fixtures were others
        mask = self._masker
        report.sections = [(name, mask(text)) for name, text in report.sections]
        if excinfo is not None and report.when != "call":
            from pytest_sisyphus.nodes.failure import masked_failure_repr  # noqa: PLC0415 - 2 ms

            report.longrepr = masked_failure_repr(report.longrepr, excinfo, mask)

    def sisyphus_fixture_error(self, error: BaseException) -> str:
        """What is wrong with a fixture of `usefixtures`; empty when it is something else."""
        if isinstance(error, pytest.FixtureLookupError):
            name = error.argname
            return tr(
                "{location}: no fixture {name!r} (pytest --fixtures lists them){hint}",
                location=self._fixtures_location,
                name=name,
                hint=did_you_mean(difflib.get_close_matches(str(name), _fixtures_there(error))),
            )
        found = (
            _PARAMETRIZED.search(str(error)) if isinstance(error, pytest.fail.Exception) else None
        )
        if found is None:
            return ""
        return tr(
            "{location}: fixture {name!r} has params, and a YAML case cannot choose "
            "one; use a fixture without params, or data rows (config.data_source)",
            location=self._fixtures_location,
            name=found["name"],
        )

    @property
    def _fixtures_location(self) -> str:
        return self.case.location_of("usefixtures").exact

    def reportinfo(self) -> tuple[Path, int, str]:
        name = self.nodeid.partition("::")[2]
        if "." in name.partition("[")[0]:
            name += " "  # else pytest takes it for the path of a function, and prints `::` for `.`
        return self.path, self.metadata.location.line - 1, name


def _fixtures_there(error: pytest.FixtureLookupError) -> list[str]:
    """As pytest lists them below its own message."""
    found = _AVAILABLE.search(str(error.formatrepr().errorstring))
    return found[1].replace(",", " ").split() if found else []


def _report_outcome(outcome: CaseOutcome) -> None:
    """The case's status in pytest's own way."""
    if outcome.result.status is CaseStatus.FAILED:
        from pytest_sisyphus.nodes.failure import case_failed  # noqa: PLC0415 - 2 ms

        raise case_failed(outcome.document())
    if outcome.result.status is CaseStatus.SKIPPED:
        reasons = (step["meta"]["reason"] for step in outcome.document()["steps"])
        pytest.skip(tr("every step is skipped: {reason}", reason=next(filter(None, reasons), "")))
