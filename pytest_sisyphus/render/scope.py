"""The variables of one case: layers, low to high, and what the running case adds."""

import dataclasses
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_sisyphus.errors import SisyphusError, TemplateError
from pytest_sisyphus.models.parts import Function
from pytest_sisyphus.registry import Registry, near

from .sandbox import MISSING
from .template import find_templates, render_value
from .text import UnevaluableError, size_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layer:
    """Variables of one origin."""

    values: Mapping[str, Any]
    #: the values are the author's texts, rendered once when first read; else they are data.
    templates: bool = False
    #: the values come from the system under test, not from the tester's files.
    foreign: bool = False


@dataclasses.dataclass
class _Definitions:
    """What was there before the case ran; children share it, so a value is made once."""

    layers: Mapping[str, Layer]
    made: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: the variables being made, outermost first.
    making: list[str] = dataclasses.field(default_factory=list)
    lock: threading.RLock = dataclasses.field(default_factory=threading.RLock)


class Scope:
    """Reads from the top: set by the running case, the layers from high to low, always there."""

    def __init__(
        self,
        *,
        layers: Iterable[Layer],
        functions: Registry[Function],
        always: Mapping[str, Any] | None = None,
        learn: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        """`learn` is told of all that is set, here and in the children, as soon as it is."""
        self.functions = functions
        #: config, env, fixtures, …: below all variables. The engine writes `response`, the last
        #: document, and `steps[name]`, a step's `{status, document}`.
        self.always: dict[str, Any] = {"response": None, "steps": {}, **(always or {})}
        self._set: dict[str, Any] = {}
        self._history: list[str] = []
        self._told = 0
        self._learn = learn
        self._definitions = _Definitions({name: layer for layer in layers for name in layer.values})

    def set(self, name: str, value: Any) -> None:
        """Extracted values, `set_var`, loop variables: data, whatever text is in them."""
        if self._learn is not None:
            self._learn({name: value})
        self._set[name] = value
        self._history.append(name)

    def get(self, name: str) -> Any:
        """Raises TemplateError that names what comes near."""
        value = self.lookup(name)
        if value is MISSING:
            complaint = self.complaint(name)
            raise TemplateError(f"{complaint.what}{complaint.hint}")
        return value

    def find(self, name: str, default: Any = None) -> Any:
        """Raises TemplateError for a template that fails."""
        value = self.lookup(name)
        return default if value is MISSING else value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has(name)

    @property
    def names(self) -> frozenset[str]:
        return frozenset((*self._set, *self._definitions.layers, *self.always))

    def lookup(self, name: str) -> Any:
        """The value, or MISSING. Raises TemplateError for a template that fails."""
        if name in self._set:
            return self._set[name]
        if name in self._definitions.layers:
            return self._defined(name)
        return self.always.get(name, MISSING)

    def has(self, name: str) -> bool:
        return name in self._set or name in self._definitions.layers or name in self.always

    def complaint(self, name: str) -> UnevaluableError:
        if name in self.functions:
            return UnevaluableError(f"no variable {name!r}", f"; the function is called {name}()")
        return UnevaluableError(f"no variable {name!r}", near(name, self.names))

    def authored(self, names: Iterable[str]) -> bool:
        """Whether these variables hold only what the tester wrote, and nothing that came up while
        the case ran: neither they nor those that their texts refer to."""
        waiting, seen = list(names), set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            layer = self._definitions.layers.get(name)
            if name in self._set or (layer.foreign if layer else name in self._foreign):
                return False
            written = (
                layer.values[name] if layer and layer.templates else self._always_written(name)
            )
            for template in find_templates(written):
                waiting += template.names
                if "db_query" in template.calls:
                    return False
        return True

    def child(self) -> "Scope":
        """A copy for a concurrent child or a loop's round; what it sets stays in it."""
        always = {**self.always, "steps": dict(self.always["steps"])}
        made = Scope(layers=(), functions=self.functions, always=always, learn=self._learn)
        made._set = dict(self._set)
        made._definitions = self._definitions
        return made

    def snapshot(self) -> dict[str, Any]:
        """All variables by name, those left out that cannot be made (yet)."""
        values = {}
        for name in self._definitions.layers:
            if name not in self._set:
                try:
                    values[name] = self._defined(name)
                except SisyphusError:
                    continue
        return values | self._set

    def known(self) -> dict[str, Any]:
        """All variables that have a value by now: none is made for this."""
        layers, made = self._definitions.layers, self._definitions.made
        ready = {name: layer.values[name] for name, layer in layers.items() if not layer.templates}
        return {**ready, **made, **self._set}

    def changes(self) -> dict[str, Any]:
        """All that was set in this scope, in that order, with the values of now."""
        return {name: self._set[name] for name in self._history}

    def news(self) -> dict[str, Any]:
        """What was set since this was last asked."""
        told, self._told = self._told, len(self._history)
        return {name: self._set[name] for name in self._history[told:]}

    def _always_written(self, name: str) -> Any:
        """The texts of `config`: it is rendered as it is read."""
        return getattr(self.always.get(name), "written", None)

    @property
    def _foreign(self) -> frozenset[str]:
        layers = self._definitions.layers.values()
        data = {"data"} if any(layer.foreign for layer in layers) else set()
        return frozenset({"response", "steps", *data})

    def _defined(self, name: str) -> Any:
        definitions = self._definitions
        layer = definitions.layers[name]
        if not layer.templates:
            return layer.values[name]
        with definitions.lock:
            if name not in definitions.made:
                definitions.made[name] = self._make(name, layer.values[name])
            return definitions.made[name]

    def _make(self, name: str, value: Any) -> Any:
        making = self._definitions.making
        if name in making:
            chain = " → ".join((*making[making.index(name) :], name))
            raise TemplateError(f"variables refer to each other in a circle: {chain}")
        making.append(name)
        try:
            made = render_value(value, self)
            size_of(made)
        except RecursionError as exc:
            raise TemplateError(f"variable {name!r} refers to too many others") from exc
        except UnevaluableError as exc:
            raise TemplateError(f"variable {name!r}: {exc.what}") from exc
        finally:
            making.pop()
        return made
