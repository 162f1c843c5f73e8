"""Asks the catalogue sources for their cases: at once, and then at an interval."""

import functools
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from orchestrator.catalog.catalog import Catalog
from orchestrator.concurrency.periodic import Background
from orchestrator.errors import BadRequest
from orchestrator.schemas.catalog_requests import SyncCases

log = logging.getLogger("sisyphus.catalog")


class CatalogSource(Protocol):
    """Where cases are listed."""

    def pull(self) -> Iterable[Mapping[str, Any]]:
        """What projects would post to `case/sync`: `projectId`, `cases`, perhaps `complete`.

        Asked in a thread of its own. What is raised is logged; the next time comes all the same.
        """
        ...


class CatalogPoller:
    """`patience`: seconds that the end of the service waits for a source that answers slowly."""

    def __init__(
        self,
        sources: Mapping[str, CatalogSource],
        catalog: Catalog,
        interval: float,
        patience: float = 5.0,
    ) -> None:
        self._catalog = catalog
        self._patience = patience
        tasks = [functools.partial(self._pull, name, one) for name, one in sources.items()]
        self._background = Background("sisyphus-catalog", tasks, interval)

    def start(self) -> None:
        self._background.start()

    def close(self) -> None:
        self._background.close(self._patience)

    def _pull(self, name: str, source: CatalogSource) -> None:
        try:
            for document in source.pull():
                if self._background.closing:
                    return
                self._sync(name, document)
        except Exception:  # somebody else's code: the other sources, and the next time, must come
            log.exception("catalogue source %r failed", name)

    def _sync(self, name: str, document: Mapping[str, Any]) -> None:
        """As `case/sync` does; a project that cannot be understood does not stop the others."""
        try:
            request = SyncCases.parse(document)
        except BadRequest as error:
            log.warning("catalogue source %r told what case/sync refuses: %s", name, error)
            return
        done = self._catalog.sync(request)
        counts = f"{done.created} created, {done.updated} updated, {done.disabled} disabled"
        log.info("catalogue source %r, project %s: %s", name, request.project_id, counts)
        for one in done.rejected:
            log.warning("catalogue source %r, project %s: %s", name, request.project_id, one.reason)
