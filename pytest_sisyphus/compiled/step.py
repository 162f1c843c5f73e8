"""A step compiled for its attempts: whatever no template can change is looked up once."""

from pytest_sisyphus.compiled.checks import StepCheck
from pytest_sisyphus.compiled.context import CaseContext
from pytest_sisyphus.compiled.extractors import StepExtractor
from pytest_sisyphus.compiled.retry import Retries
from pytest_sisyphus.extensions.guard import ExtensionGuard
from pytest_sisyphus.i18n import marked
from pytest_sisyphus.spec.model import deferred_fields
from pytest_sisyphus.spec.step import StepSpec
from pytest_sisyphus.template.scope import Scope
from pytest_sisyphus.template.template import is_template, render_value


class Step:
    """One step of one run. It keeps nothing of an attempt: a loop's rounds and threads share it."""

    def __init__(self, spec: StepSpec, context: CaseContext) -> None:
        self.spec = spec
        self.location = spec.location
        self.guard = ExtensionGuard(marked("the step type {type!r}"), type=spec.type)
        self.checks = [StepCheck(one, spec.extractors, context) for one in spec.validations]
        self.extractors = [StepExtractor(one, spec.extractors, context) for one in spec.extractors]
        self._context = context
        self._name = None if is_template(spec.name) else str(spec.name)
        self._retries: Retries | None = None
        self._is_learned = False

    def name(self, scope: Scope) -> str:
        """Raises TemplateError."""
        return str(render_value(self.spec.name, scope)) if self._name is None else self._name

    def retries(self, scope: Scope) -> Retries:
        """Raises ConfigError, TemplateError."""
        if self._retries is not None:
            return self._retries
        retries = self._context.retries(self.spec, scope)
        if self._context.retries_are_fixed(self.spec):
            self._retries = retries
        return retries

    def rendered(self, scope: Scope) -> StepSpec:
        """Raises ConfigError, TemplateError, ExtensionError."""
        with self.guard:  # also a model of its own may raise
            rendered = self.spec.rendered(scope, self._context.validation)
        if not self._is_learned:
            # without its checks and extractors, where `token: $.token` tells no secret, and without
            # the steps inside it, whose own data is learned when they run
            parts = deferred_fields(type(rendered))
            data = {key: value for key, value in rendered.raw.items() if key not in parts}
            for field in parts.values():
                if isinstance(value := getattr(rendered, field), dict):
                    data[field] = value
            self._context.secrets.learn_step(data)
            self._is_learned = rendered is self.spec
        return rendered
