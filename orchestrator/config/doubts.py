"""What can be served, and is perhaps not what was meant: `serve` warns of it, `doctor` too."""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from orchestrator.config.settings import GUESSABLE, OPTIONS, Settings, is_guessable
from orchestrator.i18n import tr
from orchestrator.runners.artifacts import unwritable
from orchestrator.runners.spools import FOLDER as SPOOLS

#: pytest sends a heartbeat after so many seconds without a call, and waits as long for its answer.
_HEARTBEAT: Final = 15
_SHORTEST_LEASE: Final = 3 * _HEARTBEAT
#: of ours, whose options others do not read; a plugin's may read any.
_LOGINS: Final = ("token", "redis", "jwt", "none")
_RUNNERS: Final = ("local", "jenkins", "external")


def doubts(settings: Settings) -> Iterator[str]:
    if is_guessable(settings):
        yield tr("--callback-secret: {reason}", reason=GUESSABLE)
    yield from odd_options(settings)


def odd_options(settings: Settings) -> Iterator[str]:
    """All but the secret, which is a check of the doctor's own."""
    if path := urlsplit(settings.public_url).path.rstrip("/"):
        yield tr(
            "--public-url has the path {path}: the page works at the root of a host only; below a "
            "path the interface, consoles and reports work, by a proxy that takes the path off",
            path=path,
        )
    if settings.lease < _SHORTEST_LEASE:
        yield tr(
            "--lease {seconds}: pytest sends a heartbeat every {heartbeat} s, so executions would "
            "be taken for lost while they run; give {least} or more",
            seconds=f"{settings.lease:g}",
            heartbeat=_HEARTBEAT,
            least=_SHORTEST_LEASE,
        )
    yield from _unread(settings, "--auth", settings.auth, _LOGINS)
    yield from _unread(settings, "--runner", settings.runner, _RUNNERS)
    if settings.runner == "local" and (there := unwritable(settings.project_root / SPOOLS)):
        yield tr(
            "--project-root {folder}: {there} cannot be written, so a run could not keep results "
            "in {spools} while the service does not answer; let this user write there",
            folder=settings.project_root,
            there=there,
            spools=SPOOLS,
        )


def _unread(settings: Settings, flag: str, chosen: str, known: Sequence[str]) -> Iterator[str]:
    """Options that were given for another one of the known parts than the chosen one."""
    unset = Settings()
    for name in known:
        given = [
            option.flag
            for option in OPTIONS.values()
            if option.name.startswith(f"{name}_")
            and getattr(settings, option.name) != getattr(unset, option.name)
        ]
        if given and chosen in known and chosen != name:
            yield tr(
                "{given}: nothing reads that with {chosen}, only with {wanted}",
                given=", ".join(given),
                chosen=f"{flag} {chosen}",
                wanted=f"{flag} {name}",
            )
