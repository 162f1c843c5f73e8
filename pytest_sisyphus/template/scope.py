"""The variables of one case: layers, low to high, and what the running case adds."""

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_sisyphus.errors import SisyphusError, TemplateError
from pytest_sisyphus.extensions.registry import Registry, near
from pytest_sisyphus.extensions.types import Function
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.template.names import MISSING
from pytest_sisyphus.template.template import find_templates, render_value
from pytest_sisyphus.template.text import EvaluationError, size_of
from pytest_sisyphus.values.record import record


@record
class Layer:
    """Variables of one origin."""

    values: Mapping[str, Any]
    #: the values are the author's texts, rendered once when first read; else they are data.
    templates: bool = False
    #: the values come from the system under test, not from the tester's files.
    untrusted: bool = False
    #: which part of a case or a run they come from, for explanations.
    origin: str = ""


@dataclasses.dataclass
class _Definitions:
    """What was there before the case ran; children share it, so a value is made once."""

    layers: Mapping[str, Layer]
    make_functions: Callable[[], Registry[Function]]
    #: what would set a variable that is not there, `; …`, or nothing.
    setter_of: Callable[[str], str]
    functions: Registry[Function] | None = None
    rendered: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: the variables being made, outermost first.
    rendering: list[str] = dataclasses.field(default_factory=list)
    lock: threading.RLock = dataclasses.field(default_factory=threading.RLock)


class Scope:
    """Reads from the top: set by the running case, the layers from high to low, always there."""

    def __init__(
        self,
        *,
        layers: Iterable[Layer],
        functions: Callable[[], Registry[Function]],
        builtins: Mapping[str, Any] | None = None,
        learn: Callable[[Mapping[str, Any]], None] | None = None,
        setter_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        """`functions` makes them when one is called for the first time, here or in a child. `learn`
        is told of all that is set, here and in the children, as soon as it is. `setter_of`: what
        would set a variable that is not there, `; …`."""
        #: config, env, fixtures, response, steps, …: below all variables.
        self.builtins: dict[str, Any] = {"response": None, "steps": {}, **(builtins or {})}
        self._set: dict[str, Any] = {}
        self._history: list[str] = []
        self._popped = 0
        self._learn = learn
        self._definitions = _Definitions(
            {name: layer for layer in layers for name in layer.values}, functions, setter_of
        )

    @property
    def functions(self) -> Registry[Function]:
        definitions = self._definitions
        if definitions.functions is None:
            with definitions.lock:
                definitions.functions = definitions.functions or definitions.make_functions()
        return definitions.functions

    @property
    def layers(self) -> Mapping[str, Layer]:
        """For each variable, by its name, the highest layer that has it."""
        return self._definitions.layers

    def set(self, name: str, value: Any) -> None:
        """Extracted values, `set_var`, loop variables: data, whatever text is in them."""
        if self._learn is not None:
            self._learn({name: value})
        self._set[name] = value
        self._history.append(name)

    @property
    def steps(self) -> Mapping[str, Any]:
        """What ran: step name -> `{status, document}`."""
        recorded: Mapping[str, Any] = self.builtins["steps"]
        return recorded

    def record_step(self, name: str, status: str, document: Any) -> None:
        """Makes `steps[name]` this step."""
        self.builtins["steps"][name] = {"status": status, "document": document}

    def record_steps(self, steps: Mapping[str, Any]) -> None:
        """Takes over the steps that another scope has recorded, as its `steps` has them."""
        self.builtins["steps"].update(steps)

    def record_response(self, document: Any) -> None:
        """Makes `response` this document; None is null."""
        self.builtins["response"] = document

    def get(self, name: str) -> Any:
        """Raises TemplateError that names what comes near."""
        value = self.lookup(name)
        if value is MISSING:
            problem = self.undefined_error(name)
            raise TemplateError(f"{problem.what}{problem.hint}")
        return value

    def find(self, name: str, default: Any = None) -> Any:
        """Raises TemplateError for a template that fails."""
        value = self.lookup(name)
        return default if value is MISSING else value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has(name)

    @property
    def names(self) -> frozenset[str]:
        return frozenset((*self._set, *self._definitions.layers, *self.builtins))

    def lookup(self, name: str) -> Any:
        """The value, or MISSING. Raises TemplateError for a template that fails."""
        if name in self._set:
            return self._set[name]
        if name in self._definitions.layers:
            return self._resolve(name)
        return self.builtins.get(name, MISSING)

    def has(self, name: str) -> bool:
        return name in self._set or name in self._definitions.layers or name in self.builtins

    def undefined_error(self, name: str) -> EvaluationError:
        if name in self.functions:
            hint = tr("; the function is called {name}()", name=name)
        else:
            hint = self._definitions.setter_of(name) or near(name, self.names)
        return EvaluationError(tr("no variable {name!r}", name=name), hint)

    def is_trusted(self, names: Iterable[str]) -> bool:
        """Whether these variables hold only what the tester wrote, and nothing that came up while
        the case ran: neither they nor those that their texts refer to."""
        waiting, seen = list(names), set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            layer = self._definitions.layers.get(name)
            if name in self._set or (layer.untrusted if layer else name in self._untrusted):
                return False
            written = (
                layer.values[name]
                if layer and layer.templates
                else getattr(self.builtins.get(name), "raw", None)
            )
            for template in find_templates(written):
                waiting += template.names
                if "db_query" in template.calls:
                    return False
        return True

    def child(self) -> "Scope":
        """A copy for a concurrent child or a loop's round; what it sets stays in it."""
        made = Scope(
            layers=(),
            functions=self._definitions.make_functions,
            builtins={**self.builtins, "steps": dict(self.builtins["steps"])},
            learn=self._learn,
        )
        made._set = dict(self._set)
        made._definitions = self._definitions
        return made

    def snapshot(self) -> dict[str, Any]:
        """All variables by name, those left out that cannot be made (yet)."""
        values = {}
        for name in self._definitions.layers:
            if name not in self._set:
                try:
                    values[name] = self._resolve(name)
                except SisyphusError:
                    continue
        return values | self._set

    def resolved(self) -> dict[str, Any]:
        """All variables that have a value by now: none is made for this."""
        layers, made = self._definitions.layers, self._definitions.rendered
        ready = {name: layer.values[name] for name, layer in layers.items() if not layer.templates}
        return {**ready, **made, **self._set}

    def changes(self) -> dict[str, Any]:
        """All that was set in this scope, in that order, with the values of now."""
        return {name: self._set[name] for name in self._history}

    def pop_changes(self) -> dict[str, Any]:
        """What was set since this was last asked."""
        first, self._popped = self._popped, len(self._history)
        return {name: self._set[name] for name in self._history[first:]}

    @property
    def _untrusted(self) -> frozenset[str]:
        layers = self._definitions.layers.values()
        data = {"data"} if any(layer.untrusted for layer in layers) else set()
        return frozenset({"response", "steps", *data})

    def _resolve(self, name: str) -> Any:
        definitions = self._definitions
        layer = definitions.layers[name]
        if not layer.templates:
            return layer.values[name]
        with definitions.lock:
            if name not in definitions.rendered:
                definitions.rendered[name] = self._render(name, layer.values[name])
            return definitions.rendered[name]

    def _render(self, name: str, value: Any) -> Any:
        rendering = self._definitions.rendering
        if name in rendering:
            chain = " → ".join((*rendering[rendering.index(name) :], name))
            raise TemplateError(
                tr("variables refer to each other in a circle: {chain}", chain=chain)
            )
        rendering.append(name)
        try:
            made = render_value(value, self)
            size_of(made)
        except RecursionError as exc:
            raise TemplateError(
                tr("variable {name!r} refers to too many others", name=name)
            ) from exc
        except EvaluationError as exc:
            raise TemplateError(tr("variable {name!r}: {what}", name=name, what=exc.what)) from exc
        finally:
            rendering.pop()
        return made
