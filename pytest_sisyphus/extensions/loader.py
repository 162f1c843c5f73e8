"""The extensions of one run: what the hooks return, by kind and name."""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pluggy

from pytest_sisyphus import hookspecs
from pytest_sisyphus.clock import Clock
from pytest_sisyphus.errors import ConfigError
from pytest_sisyphus.extensions.guard import ExtensionGuard, defined_at, is_builtin
from pytest_sisyphus.extensions.registry import Registry
from pytest_sisyphus.extensions.types import (
    AuthType,
    CheckType,
    ExtractorType,
    Function,
    FunctionContext,
)
from pytest_sisyphus.i18n import marked, tr
from pytest_sisyphus.values.record import record

if TYPE_CHECKING:
    from pytest_sisyphus.steps.protocol import StepType

_PREFIX: Final = "pytest_sisyphus_"
HOOKS: Final = tuple(name for name in vars(hookspecs) if name.startswith(_PREFIX))


@record
class Extensions:
    """The registries of everything that a case may use by name."""

    steps: "Registry[StepType[Any]]"
    checks: Registry[CheckType]
    extractors: Registry[ExtractorType]
    functions: Registry[Function]
    auth_types: Registry[AuthType]
    #: pluggy's hooks, as the folder of the case files sees them.
    hooks: Any
    clock: Clock
    #: environment variables that cases may read.
    environ: Mapping[str, str]

    def functions_for(self, context: FunctionContext) -> Registry[Function]:
        """The functions of one run of a case."""
        return _functions(self.hooks, context)


def load_extensions(hooks: Any, clock: Clock, environ: Mapping[str, str]) -> Extensions:
    """Calls the hooks: an attribute of `hooks` each, which returns a list of what each plugin
    returned, the last registered first.

    Raises ConfigError for two extensions of one kind and name, ExtensionError for a hook that
    raises.
    """
    context = FunctionContext(random=Random(0), clock=clock, environ=environ)  # noqa: S311 - only names are read
    return Extensions(
        steps=_registry(
            marked("step type"), "pytest_sisyphus_step_types", hooks, lambda one: one.run
        ),
        checks=_registry(marked("check"), "pytest_sisyphus_checks", hooks, lambda one: one.check),
        extractors=_registry(
            marked("extractor type"), "pytest_sisyphus_extractors", hooks, lambda one: one.extract
        ),
        functions=_functions(hooks, context),
        auth_types=_registry(
            marked("auth type"), "pytest_sisyphus_auth_types", hooks, lambda one: one.make
        ),
        hooks=hooks,
        clock=clock,
        environ=environ,
    )


def hooks_of(plugins: Iterable[object]) -> Any:
    """The hooks of some modules or objects, where no pytest has registered them.

    Raises ConfigError for one without a hook, or whose hook asks for an argument that there is not.
    """
    manager = _HookManager("pytest")
    manager.add_hookspecs(hookspecs)
    for plugin in plugins:
        try:
            manager.register(plugin)
            manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            raise ConfigError(
                tr("the extension {plugin!r} cannot be used: {error}", plugin=plugin, error=error)
            ) from error
        if not manager.get_hookcallers(plugin):
            raise ConfigError(
                tr(
                    "the extension {plugin!r} has no hook; hooks: {hooks}",
                    plugin=plugin,
                    hooks=", ".join(HOOKS),
                )
            )
    return manager.hook


class _HookManager(pluggy.PluginManager):
    """Knows hooks by the beginning of their names, as pytest does: no marker is needed."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        options = super().parse_hookimpl_opts(plugin, name)
        if options is not None or not name.startswith(_PREFIX):
            return options
        return pluggy.HookimplOpts(
            wrapper=False,
            hookwrapper=False,
            optionalhook=False,
            tryfirst=False,
            trylast=False,
            specname=None,
        )


def _functions(hooks: Any, context: FunctionContext) -> Registry[Function]:
    return _registry(
        marked("function"),
        "pytest_sisyphus_functions",
        hooks,
        lambda one: one.call,
        context=context,
    )


def _registry(
    kind: str, hook: str, hooks: Any, code: Callable[[Any], Any], **arguments: Any
) -> Registry[Any]:
    """`code` gives an extension's function, whose place in the code is the extension's."""

    def where(extension: Any) -> str:
        function = code(extension)
        return tr("built in") if is_builtin(function) else defined_at(function)

    with ExtensionGuard(marked("the hook {hook}"), hook=hook):
        returned = getattr(hooks, hook)(**arguments)
        return Registry(kind, chain.from_iterable(reversed(returned)), where=where)
