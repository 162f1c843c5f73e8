"""Stops cancelled runs in the background: whoever cancels does not wait for Jenkins."""

import logging
import threading
from typing import Final

from orchestrator.runners.jenkins.client import JenkinsClient
from orchestrator.runners.jenkins.finder import Finder
from orchestrator.runners.jenkins.models import (
    Build,
    JenkinsError,
    QueueItem,
    UnclearError,
    UnreachableError,
)
from orchestrator.runners.protocol import Run

log = logging.getLogger("sisyphus.runner.jenkins")

#: rounds for one run; with two seconds between them, a Jenkins may restart meanwhile.
_ROUNDS: Final = 90


class Stopper:
    def __init__(self, client: JenkinsClient, finder: Finder, *, pause: float) -> None:
        self._client = client
        self._finder = finder
        self._pause = pause
        self._lock = threading.Lock()
        self._pending: dict[Run, int] = {}
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sisyphus-jenkins-stop")

    def start(self) -> None:
        self._thread.start()

    def add(self, run: Run) -> None:
        with self._lock:
            self._pending[run] = _ROUNDS
        self._wake.set()

    def close(self) -> None:
        """What is pending gets one more try."""
        self._closed.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._closed.is_set():
            with self._lock:
                waiting = self._pause if self._pending else None
            self._wake.wait(waiting)
            self._wake.clear()
            with self._lock:
                runs = dict(self._pending)
            for run, rounds in runs.items():
                done = self._try_to_stop(run)
                with self._lock:
                    self._pending[run] = rounds - 1
                    if done or rounds <= 1:
                        self._pending.pop(run)

    def _try_to_stop(self, run: Run) -> bool:
        """Whether nothing is left to do."""
        try:
            seen = self._finder.locate(run)
            if isinstance(seen, QueueItem) and not seen.cancelled:
                self._client.cancel(seen.id)
                return False  # looked at again: it may have become a build at that moment
            if isinstance(seen, Build) and seen.building:
                # Once: a second stop would interrupt the pipeline's own cleaning up.
                self._client.stop(self._finder.job_of(run), seen.number)
        except (UnclearError, UnreachableError):
            return False
        except JenkinsError as error:
            log.warning("execution %s is not stopped in Jenkins: %s", run.key, error)
        except Exception:  # a background loop: one run must not end it
            log.exception("execution %s could not be stopped in Jenkins", run.key)
        return True
