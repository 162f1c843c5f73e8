"""Names to addresses, within a time: the system's resolver has no limit of its own."""

import contextlib
import queue
import socket
import threading

from pytest_sisyphus.i18n import tr


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """Raises OSError (`socket.gaierror`), TimeoutError, UnicodeError."""
    with contextlib.suppress(socket.gaierror):  # no address: a name, to be asked for
        return _getaddrinfo(host, port, socket.AI_NUMERICHOST)
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_getaddrinfo(host, port))
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that waits for it
            answers.put(error)

    # a daemon: nothing can end the resolver's own waiting
    threading.Thread(target=ask, name="sisyphus-lookup", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(tr("the name {host} was not resolved", host=host)) from None
    if isinstance(found, Exception):
        raise found
    return found


def _getaddrinfo(host: str, port: int, flags: int = 0) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return [str(address[4][0]) for address in found]
