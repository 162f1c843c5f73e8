"""What case files are read and run with: the same for all files that see the same hooks."""

import functools
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

from pytest_sisyphus.config.options import Options
from pytest_sisyphus.config.stash import OPTIONS
from pytest_sisyphus.extensions.loader import Extensions
from pytest_sisyphus.nodes.extensions import allowed_environment, extensions_of, hook_functions
from pytest_sisyphus.nodes.fingerprint import fingerprint
from pytest_sisyphus.nodes.marks import Markers, is_strict
from pytest_sisyphus.source.file_cache import FileCache
from pytest_sisyphus.source.project import ProjectFiles
from pytest_sisyphus.source.reader import Reader
from pytest_sisyphus.spec.context import ValidationContext
from pytest_sisyphus.values.record import record

if TYPE_CHECKING:
    from pytest_sisyphus.source.called_cases import CalledCases


@record(slots=False)
class CollectionContext:
    """What the files of a folder are read and run with."""

    extensions: Extensions
    reader: Reader
    #: of no file: `resolve` is each file's own.
    validation: ValidationContext
    projects: ProjectFiles
    #: the functions that gave the extensions.
    hooks: Sequence[Callable[..., Any]]

    @functools.cached_property
    def called_cases(self) -> "CalledCases":
        """What steps of its cases call."""
        from pytest_sisyphus.source.called_cases import CalledCases  # noqa: PLC0415 - only with such a step

        return CalledCases()

    @functools.cached_property
    def fingerprint(self) -> str | None:
        """Changes with whatever reading depends on besides the files; None: cannot be computed."""
        return fingerprint(self.extensions, self.hooks, self.validation, self.reader)


class CollectionContexts:
    """The contexts of one session, by folder."""

    def __init__(self, config: pytest.Config) -> None:
        self.markers = Markers(config)
        self._options: Options = config.stash[OPTIONS]
        roots = self._options.include_roots or (config.rootpath,)
        self._root = config.rootpath
        self._reader = Reader(
            roots=tuple((config.rootpath / root).resolve() for root in roots),
            base=config.rootpath,
            file_cache=FileCache(),
        )
        self._is_strict = is_strict(config)
        self._by_folder: dict[Path, CollectionContext] = {}
        self._by_hooks: dict[Hashable, CollectionContext] = {}

    def of(self, node: pytest.Collector) -> CollectionContext:
        """That of the folder of `node`. Raises SisyphusError."""
        folder = node.path.parent
        if folder not in self._by_folder:
            hooks = hook_functions(node)
            key = hooks, tuple(allowed_environment(self._options).items())
            if key not in self._by_hooks:
                extensions = extensions_of(node, self._options)
                self._by_hooks[key] = self._create(extensions, [one.function for one in hooks])
            self._by_folder[folder] = self._by_hooks[key]
        return self._by_folder[folder]

    def _create(
        self, extensions: Extensions, hooks: Sequence[Callable[..., Any]]
    ) -> CollectionContext:
        options = self._options
        validation = ValidationContext(
            steps=extensions.steps,
            checks=extensions.checks,
            extractors=extensions.extractors,
            functions=extensions.functions,
            auth_types=extensions.auth_types,
            resolve=_no_file,
            unknown_keys=options.unknown_keys,
            given=frozenset(options.variables),
            profile=options.profile,
            has_env_file=options.env_file is not None,
            marks=self.markers.known(),
            strict_marks=self._is_strict,
        )
        return CollectionContext(
            extensions=extensions,
            hooks=hooks,
            reader=self._reader,
            validation=validation,
            projects=ProjectFiles(self._root, self._reader, validation),
        )


def _no_file(*_: object) -> NoReturn:
    raise AssertionError("no file: CaseSource.validation() has one")


_CONTEXTS: Final = pytest.StashKey[CollectionContexts]()


def collection_contexts(config: pytest.Config) -> CollectionContexts:
    """Those of the session that `config` belongs to."""
    if _CONTEXTS not in config.stash:
        config.stash[_CONTEXTS] = CollectionContexts(config)
    return config.stash[_CONTEXTS]
