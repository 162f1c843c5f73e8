"""xdist's workers, from the controller: a channel of our own to each of them.

Down it goes the request to stop, and to a leg's worker which test may begin; up it comes what the
worker collected, which xdist does not forward. Only plain types cross it. Works for every kind of
worker, since execnet carries the channel.
"""

import contextlib
import functools
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pytest_sisyphus.execution.outcomes import CollectedItem
from pytest_sisyphus.execution.selection import from_plain

#: the key of what we add to xdist's `workerinput`.
WORKER_INPUT: Final = "sisyphus"
#: seconds that interrupted tests have for their teardown before the controller stops waiting.
STOP_GRACE_SECONDS: Final = 10.0

#: what a worker collected, and the row ids of the cases that it deselected.
Collection = tuple[list[CollectedItem], list[int]]


class WorkerChannels:
    def __init__(self, workerinput: Mapping[str, Any]) -> None:
        """`workerinput` is what every worker must know of the execution."""
        self._workerinput = workerinput
        self._channels: dict[str, Any] = {}
        self._collections: dict[str, Collection] = {}
        self._stop_reason = ""
        self._closed = threading.Event()

    def attach(self, node: Any) -> None:
        """`node` is xdist's WorkerController, before its worker starts."""
        channel = node.gateway.newchannel()
        node_id: str = node.gateway.id

        def on_message(message: Sequence[Any]) -> None:
            """In execnet's receiving thread, before xdist learns of the finished collection."""
            items, deselected = message
            self._collections[node_id] = (from_plain(items), list(deselected))

        channel.setcallback(on_message)
        node.workerinput[WORKER_INPUT] = {**self._workerinput, "channel": channel}
        node.sendcommand = _unless_gone(node.sendcommand)
        self._channels[node_id] = channel
        if self._stop_reason:
            self._send(channel, self._stop_reason)

    def permit(self, node: Any, nodeid: str, *, may_begin: bool) -> None:
        """Tell a leg's worker whether it may begin the test; may be called in any thread."""
        self._send(self._channels[node.gateway.id], ["permit" if may_begin else "refuse", nodeid])

    def wake(self, closed: str = "") -> None:
        """All workers of a leg: there may be something to run. `closed`: why there is nothing."""
        for channel in list(self._channels.values()):
            self._send(channel, ["close", closed] if closed else ["wake", ""])

    def collection_of(self, node: Any) -> Collection | None:
        return self._collections.get(node.gateway.id)

    def stop(self, reason: str, *, force: Callable[[], None]) -> bool:
        """Have the workers interrupt their tests. False: there are none, stop yourself.

        `force` is called when they have not ended after STOP_GRACE_SECONDS. Called from a signal
        handler, which may have interrupted execnet: another thread sends.
        """
        if not self._channels:
            return False
        self._stop_reason = reason

        def stop_workers() -> None:
            for channel in list(self._channels.values()):
                self._send(channel, self._stop_reason)
            if not self._closed.wait(STOP_GRACE_SECONDS):
                force()

        threading.Thread(target=stop_workers, daemon=True).start()
        return True

    def close(self) -> None:
        self._closed.set()

    def _send(self, channel: Any, message: str | list[str]) -> None:
        with contextlib.suppress(OSError):  # it is gone: nothing runs there any more
            channel.send(message)


def _unless_gone(send: Callable[..., None]) -> Callable[..., None]:
    """What xdist sends to a worker that just died would break the session, and leave the others'
    tests unrun. The event of its death follows, and with it xdist gives its tests to others.

    xdist has no hook around its sending, and its scheduler calls the method of each node."""

    @functools.wraps(send)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(OSError):
            send(*args, **kwargs)

    return wrapped
