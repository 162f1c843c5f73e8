"""Runs a case's YAML on the engine alone: no pytest, no network, time that costs nothing."""

import contextlib
import functools
import textwrap
import threading
from datetime import datetime, timedelta
from random import Random

import jsonschema

from pytest_sisyphus import standard
from pytest_sisyphus.dialect.reading import Reading
from pytest_sisyphus.dialect.schema import dialect_schema
from pytest_sisyphus.engine import CaseRun
from pytest_sisyphus.loading.casefile import read_cases
from pytest_sisyphus.loading.complaints import SpecError
from pytest_sisyphus.loading.files import Reader
from pytest_sisyphus.located import plain
from pytest_sisyphus.models.parts import Tools
from pytest_sisyphus.options import Options
from pytest_sisyphus.planning import plan
from pytest_sisyphus.protocol import case_document
from pytest_sisyphus.registry import Registry


@functools.cache
def _validator():
    parts = (
        standard.pytest_sisyphus_step_types(),
        standard.pytest_sisyphus_checks(),
        standard.pytest_sisyphus_extractors(),
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


class Engine:
    """`run(steps, config=…)`; `complaint(steps)` of steps that are refused unread."""

    def __init__(self, folder):
        self.folder = folder
        self.extra_steps = ()
        self.extra_functions = ()

    def run_whole(self, text):
        """`text`: what stands behind `steps: `, with what follows them."""
        clock = FakeClock()
        reading = self._reading(Tools(random=Random(1), clock=clock, environ={}))
        (case,) = self._read(f"name: case\nsteps: {text}\n", reading)
        return self._ran(case, reading, clock, {})

    def run(self, steps, config="", clock=None, **variables):
        clock = clock or FakeClock()
        tools = Tools(random=Random(1), clock=clock, environ={})
        reading = self._reading(tools)
        (case,) = self._cases(steps, config, reading)
        return self._ran(case, reading, clock, variables)

    def _ran(self, case, reading, clock, variables):
        made = plan(
            case,
            reading=reading,
            options=Options(variables=variables),
            functions=self._functions,
            clock=clock,
            environ={},
            fixtures={},
            seed="1",
        )
        run = CaseRun(case, made, clock)
        with contextlib.suppress(KeyboardInterrupt):  # what ran until then is looked at
            run.run()
        return Ran(run.result(), clock)

    def complaint(self, steps, config=""):
        tools = Tools(random=Random(1), clock=FakeClock(), environ={})
        try:
            self._cases(steps, config, self._reading(tools))
        except SpecError as error:
            return str(error)
        raise AssertionError("nothing was refused")

    def _cases(self, steps, config, reading):
        text = "name: case\n"
        if config:
            text += "config:\n" + textwrap.indent(textwrap.dedent(config).strip("\n"), "  ") + "\n"
        text += "steps:\n" + textwrap.indent(textwrap.dedent(steps).strip("\n"), "  ") + "\n"
        return self._read(text, reading)

    def _read(self, text, reading):
        path = self.folder / "case.yaml"
        path.write_text(text, encoding="utf-8")
        reader = Reader(roots=(self.folder,), base=self.folder)
        cases = read_cases(path, reader, reading)
        if not self.extra_steps:
            accepted_by_schema(reader.documents(path))
        return cases

    def _functions(self, tools):
        made = (*standard.pytest_sisyphus_functions(tools), *self.extra_functions)
        return Registry("function", made)

    def _reading(self, tools):
        reader = Reader(roots=(self.folder,), base=self.folder)
        steps = (*standard.pytest_sisyphus_step_types(), *self.extra_steps)
        return Reading(
            steps=Registry("step type", steps),
            checks=Registry("check", standard.pytest_sisyphus_checks()),
            extractors=Registry("extractor type", standard.pytest_sisyphus_extractors()),
            functions=self._functions(tools),
            auth_types=Registry("auth type", standard.pytest_sisyphus_auth_types()),
            resolve=lambda text, place: reader.resolve(text, self.folder / "case.yaml", place),
        )
