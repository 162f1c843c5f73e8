"""xdist's workers, from the controller: a channel of our own to each of them.

Down it goes the word to stop; up it comes what the worker collected, which xdist does not forward.
Only plain types cross it. Works for every kind of worker, since execnet carries the channel.
"""

import contextlib
import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from .outcomes import CollectedItem
from .selection import from_plain

#: the key of what we add to xdist's `workerinput`.
WORKER_INPUT: Final = "sisyphus"
#: seconds that interrupted tests have for their teardown before the controller stops waiting.
STOP_GRACE_SECONDS: Final = 10.0

Collection = tuple[list[CollectedItem], list[int]]


class Nodes:
    def __init__(self, plain: Mapping[str, Any]) -> None:
        """`plain` is what every worker must know of the execution."""
        self._plain = plain
        self._channels: dict[str, Any] = {}
        self._collections: dict[str, Collection] = {}
        self._stop_reason = ""
        self._closed = threading.Event()

    def equip(self, node: Any) -> None:
        channel = node.gateway.newchannel()
        node_id: str = node.gateway.id
        channel.setcallback(lambda message: self._hear(node_id, message))
        node.workerinput[WORKER_INPUT] = {**self._plain, "channel": channel}
        node.sendcommand = _unless_gone(node.sendcommand)
        self._channels[node_id] = channel
        if self._stop_reason:
            self._send(channel)

    def collection_of(self, node: Any) -> Collection | None:
        return self._collections.get(node.gateway.id)

    def stop(self, reason: str, *, force: Callable[[], None]) -> bool:
        """Have the workers interrupt their tests. False: there are none, stop yourself.

        Called from a signal handler, which may have interrupted execnet: another thread sends.
        """
        if not self._channels:
            return False
        self._stop_reason = reason
        threading.Thread(target=self._see_to_it, args=(force,), daemon=True).start()
        return True

    def close(self) -> None:
        self._closed.set()

    def _see_to_it(self, force: Callable[[], None]) -> None:
        for channel in list(self._channels.values()):
            self._send(channel)
        if not self._closed.wait(STOP_GRACE_SECONDS):
            force()

    def _send(self, channel: Any) -> None:
        try:
            channel.send(self._stop_reason)
        except OSError:
            return  # it is gone: nothing runs there any more

    def _hear(self, node_id: str, message: Sequence[Any]) -> None:
        """In execnet's receiving thread, before xdist learns that the collection is finished."""
        items, deselected = message
        self._collections[node_id] = (from_plain(items), list(deselected))


def _unless_gone(send: Callable[..., None]) -> Callable[..., None]:
    """What xdist sends to a worker that just died would break the session, and leave the others'
    tests unrun. The event of its death follows, and with it xdist gives its tests to others."""

    @functools.wraps(send)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(OSError):
            send(*args, **kwargs)

    return wrapped
