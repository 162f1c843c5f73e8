"""Runs a case's YAML on the engine alone: no pytest, no network, time that costs nothing."""

import contextlib
import functools
import textwrap
import threading
from datetime import datetime, timedelta
from random import Random

import jsonschema
from construct_kit import is_made_as_by_pydantic

from pytest_sisyphus import builtin
from pytest_sisyphus.compiled.context import CaseContext
from pytest_sisyphus.compiled.variables import CaseInputs
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.documents.build import case_document
from pytest_sisyphus.engine.runner import CaseRun
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import FunctionContext
from pytest_sisyphus.location import plain
from pytest_sisyphus.source.called_cases import CalledCases
from pytest_sisyphus.source.case_file import read_cases
from pytest_sisyphus.source.diagnostics import SpecError
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.spec.json_schema import dialect_schema


@functools.cache
def _validator():
    parts = (
        builtin.pytest_sisyphus_step_types(),
        builtin.pytest_sisyphus_checks(),
        builtin.pytest_sisyphus_extractors(),
    )
    return jsonschema.Draft202012Validator(dialect_schema(*parts))


def accepted_by_schema(documents):
    """What the dialect accepts is red in no editor."""
    for document in documents:
        error = jsonschema.exceptions.best_match(_validator().iter_errors(plain(document)))
        assert error is None, f"the JSON Schema refuses {error.json_path}: {error.message}"


class FakeClock:
    """Sleeping moves it on at once."""

    def __init__(self):
        self.seconds = 0.0
        self.slept = []
        self._lock = threading.Lock()

    def now(self):
        return datetime(2026, 1, 31, 12, 30) + timedelta(seconds=self.seconds)  # noqa: DTZ001 - as the protocol has it

    def tick(self):
        return self.seconds

    def sleep(self, seconds):
        with self._lock:
            self.slept.append(round(seconds, 6))
            self.seconds += seconds


class Ran:
    """What came of a case: its outputs, unmasked."""

    def __init__(self, result, clock):
        self.result = result
        self.clock = clock
        self.document = case_document(
            result, mask=lambda data: data, max_body=10_000_000, nodeid="case.yaml::case"
        )
        self.steps = {step["name"]: step for step in self.document["steps"]}
        self.status = self.document["test_case"]["status"]

    @property
    def names(self):
        return [step["name"] for step in self.document["steps"]]

    def statuses(self):
        return {name: step["status"] for name, step in self.steps.items()}

    def error(self, step):
        return self.steps[step]["error_info"]["message"]

    def category(self, step):
        return self.steps[step]["error_info"]["category"]

    def response(self, step):
        return self.steps[step]["response"]

    @property
    def variables(self):
        return self.document["final_variables"]


def _find_called(called_cases, folder, reader, call, validation):
    return called_cases.find(call, validation, folder / "case.yaml", reader, None)


class Engine:
    """`run(steps, config=…)`; `complaint(steps)` of steps that are refused unread."""

    def __init__(self, folder):
        self.folder = folder
        self.extra_steps = ()
        self.extra_checks = ()
        self.extra_functions = ()

    def run_whole(self, text):
        """`text`: what stands behind `steps: `, with what follows them."""
        clock = FakeClock()
        validation = self._validation(FunctionContext(random=Random(1), clock=clock, environ={}))
        (case,) = self._read(f"name: case\nsteps: {text}\n", validation)
        return self._ran(case, validation, clock, {})

    def read(self, text):
        """The cases of a whole file. Raises SpecError."""
        context = FunctionContext(random=Random(1), clock=FakeClock(), environ={})
        return self._read(text, self._validation(context))

    def run(self, steps, config="", clock=None, **variables):
        clock = clock or FakeClock()
        context = FunctionContext(random=Random(1), clock=clock, environ={})
        validation = self._validation(context)
        (case,) = self._cases(steps, config, validation)
        return self._ran(case, validation, clock, variables)

    def prepared(self, steps, config=""):
        """A run that has not begun."""
        clock = FakeClock()
        validation = self._validation(FunctionContext(random=Random(1), clock=clock, environ={}))
        (case,) = self._cases(steps, config, validation)
        return self._prepared(case, validation, clock, {})

    def _ran(self, case, validation, clock, variables):
        run = self._prepared(case, validation, clock, variables)
        with contextlib.suppress(KeyboardInterrupt):  # what ran until then is looked at
            run.run()
        return Ran(run.result(), clock)

    def _prepared(self, case, validation, clock, variables):
        inputs = CaseInputs(
            validation=validation,
            options=Options(variables=variables),
            functions=self._functions,
            clock=clock,
            environ={},
            fixtures={},
            seed="1",
        )
        return CaseRun(case, CaseContext.create(case, inputs), clock)

    def complaint(self, steps, config=""):
        context = FunctionContext(random=Random(1), clock=FakeClock(), environ={})
        try:
            self._cases(steps, config, self._validation(context))
        except SpecError as error:
            return str(error)
        raise AssertionError("nothing was refused")

    def _cases(self, steps, config, validation):
        text = "name: case\n"
        if config:
            text += "config:\n" + textwrap.indent(textwrap.dedent(config).strip("\n"), "  ") + "\n"
        text += "steps:\n" + textwrap.indent(textwrap.dedent(steps).strip("\n"), "  ") + "\n"
        return self._read(text, validation)

    def _read(self, text, validation):
        path = self.folder / "case.yaml"
        path.write_text(text, encoding="utf-8")
        reader = Reader(roots=(self.folder,), base=self.folder)
        cases = read_cases(path, reader, validation)
        documents = reader.documents(path)
        if not self.extra_steps and not self.extra_checks:
            accepted_by_schema(documents)
        for document in documents:
            is_made_as_by_pydantic(document, validation)
        return cases

    def _functions(self, context):
        made = (*builtin.pytest_sisyphus_functions(context), *self.extra_functions)
        return Registry("function", made)

    def _validation(self, context):
        reader = Reader(roots=(self.folder,), base=self.folder)
        steps = (*builtin.pytest_sisyphus_step_types(), *self.extra_steps)
        return ValidationContext(
            steps=Registry("step type", steps),
            checks=Registry("check", (*builtin.pytest_sisyphus_checks(), *self.extra_checks)),
            extractors=Registry("extractor type", builtin.pytest_sisyphus_extractors()),
            functions=self._functions(context),
            auth_types=Registry("auth type", builtin.pytest_sisyphus_auth_types()),
            resolve=lambda text, location: reader.resolve(
                text, reader.file_of(location, self.folder / "case.yaml"), location
            ),
            find_called=functools.partial(_find_called, CalledCases(), self.folder, reader),
        )
