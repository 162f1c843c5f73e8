"""A `sisyphus.yaml` that is named itself: it is checked, and is no case."""

import warnings
from collections.abc import Iterable

import pytest

from pytest_sisyphus.errors import SisyphusError
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.nodes.context import collection_contexts
from pytest_sisyphus.nodes.display_path import with_local_paths
from pytest_sisyphus.source.detection import NO_CASE
from pytest_sisyphus.spec.context import SisyphusWarning


class ProjectFileNode(pytest.File):
    """A project file that was named: it is checked, and holds no items."""

    #: its user may think that it is a case.
    warns = True

    def collect(self) -> Iterable[pytest.Item]:
        try:
            context = collection_contexts(self.config).of(self)
            shown = context.reader.display_path(self.path)
            file = context.projects.file(self.path.parent)
            if file is not None:
                file.check()
        except SisyphusError as error:
            raise self.CollectError(with_local_paths(str(error), {shown}, self.config)) from error
        if self.warns:
            warnings.warn_explicit(f"{shown}:1: {tr(NO_CASE)}", SisyphusWarning, str(self.path), 1)
        return []
