"""A step's extractors: compiled once, run in each of its attempts."""

from collections.abc import Sequence
from typing import Any

from pytest_sisyphus.compiled import permanent
from pytest_sisyphus.compiled.context import CaseContext
from pytest_sisyphus.errors import ResponseInvalid, SisyphusError
from pytest_sisyphus.extensions.guard import ExtensionGuard, contract_violation, describe_type
from pytest_sisyphus.extensions.types import StepData
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.location import plain
from pytest_sisyphus.spec.extractor import Extractor
from pytest_sisyphus.template.scope import Scope


class StepExtractor:
    """An extractor of a step. One without templates is compiled once, when it first runs."""

    __slots__ = ("_all", "_compiled", "_context", "_written")

    def __init__(
        self, written: Extractor, extractors: Sequence[Extractor], context: CaseContext
    ) -> None:
        """`extractors`: all of the step."""
        self._written = written
        self._all = extractors
        self._context = context
        self._compiled: _CompiledExtractor | None = None

    def extract(self, step_data: StepData, scope: Scope) -> dict[str, Any]:
        """The value by the name of its variable; empty: nothing was found, and nothing is required.

        Raises ConfigError, TemplateError, ResponseInvalid, ExtensionError.
        """
        compiled = self._compiled
        if compiled is None:
            rendered = self._written.rendered(scope, self._context.validation)
            compiled = _CompiledExtractor(rendered, self._context)
            if rendered is self._written:
                self._compiled = compiled
        return compiled.extract(step_data)

    def is_permanent(self, error: SisyphusError, scope: Scope) -> bool:
        """Whether `error`, raised by `extract`, is a mistake in the case file."""
        return permanent.is_permanent(error, self._written, self._all, scope)


class _CompiledExtractor:
    __slots__ = ("_extractor", "_guard", "_kind", "_name", "_path")

    def __init__(self, extractor: Extractor, context: CaseContext) -> None:
        """`extractor` is rendered."""
        self._extractor = extractor
        self._kind = context.validation.extractors[extractor.type]
        self._name = str(extractor.name)
        self._path = str(extractor.path)
        self._guard = ExtensionGuard(
            marked("{location}: the extractor type {type!r}"),
            location=extractor.location,
            type=extractor.type,
        )

    def extract(self, step_data: StepData) -> dict[str, Any]:
        extractor, kind = self._extractor, self._kind
        options = {
            "index": extractor.index,
            "group": plain(extractor.group),
            "namespaces": extractor.namespaces,
        }
        try:
            with self._guard:
                values: Any = kind.extract(step_data, self._path, options)
        except ResponseInvalid as error:
            where = tr(
                "{location}: extractor {name!r}", location=extractor.location, name=extractor.name
            )
            raise error.with_message(f"{where}: {error}") from error
        if not isinstance(values, (tuple, list)):
            wrong = tr(
                "returned {kind}, not a tuple of all that it found", kind=describe_type(values)
            )
            raise contract_violation(self._guard.what, kind.extract, wrong)
        if values:
            return {self._name: values[0] if len(values) == 1 else list(values)}
        if extractor.is_set("default"):
            return {self._name: plain(extractor.default)}
        if not extractor.required:
            return {}
        with self._guard:
            why = str(kind.explain_no_match(step_data, self._path, options))
        raise ResponseInvalid(
            tr(
                "{location}: extractor {name!r}: {why}",
                location=extractor.location,
                name=extractor.name,
                why=why,
            )
        )
