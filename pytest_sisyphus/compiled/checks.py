"""A step's checks: compiled once, evaluated in each of its attempts."""

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from pytest_sisyphus.checks.evaluate import evaluate
from pytest_sisyphus.checks.logic import combine
from pytest_sisyphus.compiled.context import CaseContext
from pytest_sisyphus.compiled.each import CompiledEach
from pytest_sisyphus.compiled.evaluated import CompiledCheck, EvaluatedCheck, result_of
from pytest_sisyphus.compiled.permanent import is_permanent
from pytest_sisyphus.errors import (
    ConfigError,
    ExtensionError,
    ResponseInvalid,
    SisyphusError,
)
from pytest_sisyphus.extensions.guard import describe_error, is_control_flow
from pytest_sisyphus.extensions.registry import followed
from pytest_sisyphus.extensions.types import PASSED, CheckOutcome, Selection, StepData
from pytest_sisyphus.extract.jsonpath.path import compile_path
from pytest_sisyphus.extract.select import MARKUP, in_expression, select
from pytest_sisyphus.extract.xpath import as_namespaces
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import plain
from pytest_sisyphus.redact import MASK
from pytest_sisyphus.results import CheckResult
from pytest_sisyphus.spec.check import Check
from pytest_sisyphus.spec.check_forms import FORMS
from pytest_sisyphus.spec.extractor import Extractor
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.values.lazy_pattern import lazy_pattern


class StepCheck:
    """A check of a step. One without templates is compiled once, at its first evaluation."""

    __slots__ = ("_compiled", "_context", "_extractors", "_names", "_source", "_written")

    def __init__(
        self,
        written: Check,
        extractors: Sequence[Extractor],
        context: CaseContext,
        *,
        source: str | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        """`extractors`: the step's. `source`: where paths start that say nothing of it, and the
        `names` that lead there."""
        self._written = written
        self._extractors = extractors
        self._context = context
        self._source = source
        self._names = names
        self._compiled: CompiledCheck | None = None

    def evaluate(self, step_data: StepData, scope: Scope) -> EvaluatedCheck:
        """Raises only what ends the test: an error is part of the result."""
        check = self._written
        try:
            compiled = self._compiled or self.compiled(scope)
            check = compiled.check
            evaluated = compiled.evaluate(step_data, scope)
        except Exception as raised:  # noqa: BLE001 - also a bug of our own ends one check, no session
            error = _as_sisyphus_error(raised, check)
            outcome = CheckOutcome(passed=False, error=str(error), evaluated=False)
            return EvaluatedCheck(
                result=result_of(check, outcome, None, plain(check.expect), absent="unread"),
                outcome=outcome,
                evaluation_error=error,
                is_permanent=is_permanent(error, self._written, self._extractors, scope),
            )
        if not evaluated.result.passed:
            self._learn_expected(check)
        return evaluated

    def _learn_expected(self, check: Check) -> None:
        """The message names parts of what was expected without the names that they stand under, by
        which masking knows secrets."""
        pending = [check]
        while pending:
            one = pending.pop()
            pending += one.sub_validations
            kind = one.type if one.type in FORMS else self._context.validation.checks[one.type].name
            if kind not in _NO_DATA and isinstance(one.expect, dict | list):
                self._context.secrets.learn_named({"": plain(one.expect)})

    def compiled(self, scope: Scope) -> CompiledCheck:
        """Raises SisyphusError."""
        if self._compiled is not None:
            return self._compiled
        rendered = self._written.rendered(scope, self._context.validation)
        compiled: CompiledCheck
        if rendered.type == "assert":
            compiled = _CompiledAssertion(rendered)
        elif rendered.type in FORMS:
            source, names, is_each = self._source, self._names, rendered.type == "each"
            if is_each:
                source, names = "body", (*names, *_names_on(plain(rendered.path), rendered.source))
            inner = [
                StepCheck(one, self._extractors, self._context, source=source, names=names)
                for one in rendered.sub_validations
            ]
            compiled = (CompiledEach if is_each else _CompiledLogic)(rendered, inner)
        else:
            compiled = _SingleCheck(rendered, self._context, self._source, self._written.path)
            compiled.learn_expected(self._names)
        if rendered is self._written:
            self._compiled = compiled
        return compiled


class _SingleCheck:
    """A check by itself: none of `FORMS`."""

    __slots__ = (
        *("check", "_kind", "_type", "_path", "_shown_path", "_source", "_namespaces", "_strict"),
        *(
            "_expected",
            "_is_scalar",
            "_description",
            "_location",
            "_secrets",
            "_may_show",
            "_is_masked",
            "_written_path",
        ),
    )

    def __init__(
        self, check: Check, context: CaseContext, source: str | None, written_path: str
    ) -> None:
        """`check` is rendered."""
        written = check.raw
        self.check = check
        self._kind = kind = context.validation.checks[check.type]
        self._type = check.type
        self._path = plain(check.path) if "path" in written else check.path_of(kind)
        self._written_path = written_path
        self._shown_path = self._path if isinstance(self._path, str) else ""
        self._source = check.source or kind.default_source or source
        self._namespaces = as_namespaces(check.namespaces) if check.namespaces else ()
        self._strict = context.settings.strict if check.strict is None else check.strict
        self._expected = plain(check.expect) if "expect" in written else kind.default_expect
        self._is_scalar = not isinstance(self._expected, (dict, list))
        self._description = plain(check.description)
        self._location = written.location
        self._secrets = context.secrets
        self._may_show = context.inputs.options.show_secrets
        self._is_masked = False

    def learn_expected(self, names: Sequence[str]) -> None:
        """What is expected of a value under a masked name is masked as the value is. `names` lead
        to where the path starts."""
        all_names = (*names, *_names_on(self._shown_path, self._source))
        self._is_masked = not self._may_show and any(map(self._secrets.is_secret, all_names))
        if self._is_masked and "expect" in self.check.raw and self._kind.name not in _NO_DATA:
            self._secrets.learn(self._expected)

    def _outcome(self, selection: Selection, expected: Any) -> CheckOutcome:
        """Its error holds no part of a secret, which masking would not know."""
        outcome = evaluate(self._kind, selection, expected, strict=self._strict)
        if self._is_masked and selection.matches and "…" in outcome.error:
            error = tr(
                "{check} did not pass: expected {mask}, but got {mask}", check=self._type, mask=MASK
            )
            return dataclasses.replace(outcome, error=error)
        if not outcome.passed and (hint := self._hint(selection)):
            return dataclasses.replace(outcome, error=followed(outcome.error, hint))
        return outcome

    def _hint(self, selection: Selection) -> str:
        """Of a failed check that says a variable where a path stands, or a path where a value; and
        the unit of a time."""
        if not selection.matches and _VARIABLE.fullmatch(self._written_path):
            return tr(
                "; a check begins with a path; a variable is compared with {form}",
                form=f'assert: "{self._written_path} == …"',
            )
        expected = self._expected
        is_path = isinstance(expected, str) and expected.startswith("$.")
        if not selection.matches and is_path and not self._shown_path.startswith("$"):
            form = f"{self._type}: [{expected}, {self._shown_path}]"
            return tr("; the path comes first: {form}", form=form)
        if _TIME.fullmatch(self._shown_path) and _is_response_time(selection):
            return tr("; response_time is in ms")
        if not (selection.matches and is_path):
            return ""
        paths = (self._shown_path, expected)
        if self._source in {None, "body"} and all(map(_PLAIN_PATH.fullmatch, paths)):
            two = [in_expression(selection.step_data, one) for one in paths]
        else:
            two = ["response.body.a", "response.body.b"]
        return tr(
            "; {expected} is expected as text here; two values are compared with {form}",
            expected=expected,
            form=f'assert: "${{{two[0]}}} == ${{{two[1]}}}"',
        )

    def judge(self, step_data: StepData, _scope: Scope) -> CheckOutcome:
        selection = select(step_data, self._path, self._source, self._namespaces)
        expected = self._expected if self._is_scalar else plain(self._expected)
        return self._outcome(selection, expected)

    def evaluate(self, step_data: StepData, _scope: Scope) -> EvaluatedCheck:
        """Raises ConfigError."""
        selection = select(step_data, self._path, self._source, self._namespaces)
        # a user's check may change the list that it is given; the next one must not see that
        expected = self._expected if self._is_scalar else plain(self._expected)
        outcome = self._outcome(selection, expected)
        has_actual = bool(selection.matches) or (
            self._kind.accepts_empty_selection and selection.empty_selection
        )
        error = outcome.error
        if selection.note and not outcome.passed:
            error = f"{error} ({selection.note})"
        result = CheckResult(
            passed=outcome.passed,
            type=self._type,
            path=self._shown_path,
            actual=selection.value if has_actual else None,
            expected=None if expected is ... else expected,
            description=self._description,
            error=error,
            location=self._location,
            absent="" if has_actual else "unmatched",
        )
        unreadable = None
        if selection.unreadable and selection.step_data.unreadable and not outcome.evaluated:
            unreadable = ResponseInvalid(error)
        return EvaluatedCheck(result=result, outcome=outcome, unreadable_body=unreadable)


class _CompiledLogic:
    """`and`, `or`, `not`. A mistake in one of its checks is one of the whole, whatever the others
    come to."""

    __slots__ = ("_inner", "check")

    def __init__(self, check: Check, inner: Sequence[StepCheck]) -> None:
        """`check` is rendered."""
        self.check = check
        self._inner = inner

    def judge(self, step_data: StepData, scope: Scope) -> CheckOutcome:
        outcomes = [one.compiled(scope).judge(step_data, scope) for one in self._inner]
        return combine(self.check.type, outcomes)  # type: ignore[arg-type] # LOGIC holds these three

    def evaluate(self, step_data: StepData, scope: Scope) -> EvaluatedCheck:
        inner = [one.evaluate(step_data, scope) for one in self._inner]
        error = next((one.evaluation_error for one in inner if one.evaluation_error), None)
        if error is None:
            outcome = combine(self.check.type, [one.outcome for one in inner])  # type: ignore[arg-type] # LOGIC holds these three
        else:
            outcome = CheckOutcome(passed=False, error=str(error), evaluated=False)
        actual = [
            tr("{check}: passed" if one.result.passed else "{check}: failed", check=one.result.type)
            for one in inner
        ]
        unreadable = None
        if not outcome.passed:
            unreadable = next((one.unreadable_body for one in inner if one.unreadable_body), None)
        return EvaluatedCheck(
            result=result_of(self.check, outcome, actual, tr(_EXPECTED_LOGIC[self.check.type])),
            outcome=outcome,
            evaluation_error=error,
            is_permanent=any(one.is_permanent for one in inner),
            unreadable_body=unreadable and unreadable.with_message(outcome.error),
        )


class _CompiledAssertion:
    """A condition on variables."""

    __slots__ = ("_condition", "check")

    def __init__(self, check: Check) -> None:
        assert check.condition is not None, "the model demands it"  # noqa: S101 - for the type checker
        self.check = check
        self._condition = check.condition

    def judge(self, _step_data: StepData, scope: Scope) -> CheckOutcome:
        if self._condition.evaluate(scope):
            return PASSED
        values = self._condition.describe_values(scope)
        error = tr(
            "Expected {condition}, but {values}" if values else "Expected {condition} to hold",
            condition=self._condition.text,
            **({"values": values} if values else {}),
        )
        return CheckOutcome(passed=False, error=error)

    def evaluate(self, step_data: StepData, scope: Scope) -> EvaluatedCheck:
        outcome = self.judge(step_data, scope)
        actual = self._condition.describe_values(scope)
        result = result_of(self.check, outcome, actual, self._condition.text)
        return EvaluatedCheck(result=result, outcome=outcome)


def _as_sisyphus_error(raised: Exception, check: Check) -> SisyphusError:
    if isinstance(raised, SisyphusError):
        return raised
    if is_control_flow(raised):
        raise raised
    message = tr(
        "{location}: the check {type!r} itself broke: {said}",
        location=check.location,
        type=check.type,
        said=describe_error(raised),
    )
    return ExtensionError.from_exception(raised, message)


#: checks of which what is expected describes values: `{token: {type: string}}`.
_NO_DATA: Final = frozenset(
    {"schema", "type", "len_eq", "len_gt", "len_lt", "len_ge", "len_le", "status_code"}
)
_TIME: Final = lazy_pattern(r"(?:\$\.)?response_time")
#: one variable, and nothing else.
_VARIABLE: Final = lazy_pattern(r"\$\{[^{}]*\}")
#: a path that is written in an expression as it is.
_PLAIN_PATH: Final = lazy_pattern(r"\$(?:\.[^\W\d]\w*)+")
_XPATH_NAME: Final = lazy_pattern(r"[\w-]+")
_XPATH_PREDICATE: Final = lazy_pattern(r"\[[^\]]*\]")
_EXPECTED_LOGIC: Final = {
    "and": marked("all pass"),
    "or": marked("at least one passes"),
    "not": marked("none passes"),
}


def _is_response_time(selection: Selection) -> bool:
    """And no key of that name in the body."""
    document = selection.step_data.document
    return selection.matches == (document.get("response_time", ...),)


def _names_on(path: str, source: str | None) -> tuple[str, ...]:
    """The names under which the value stands; none of a path that cannot be read."""
    if source in MARKUP:
        return tuple(_XPATH_NAME.findall(_XPATH_PREDICATE.sub("", path)))
    with contextlib.suppress(ConfigError):
        return (source or "", *compile_path(path).names)
    return ()
