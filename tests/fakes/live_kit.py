"""A service on a socket, and listeners of its events."""

import contextlib
import http.client
import json
import socket
import threading

from service_kit import API, TOKEN, Service

from orchestrator.server import Server


@contextlib.contextmanager
def live(folder, **options):
    """A `Service` that also listens on `service.port`."""
    import uvicorn

    service = Service(folder, **options)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(service.app, log_config=None, access_log=False, lifespan="off")
    server = Server(config)
    with service:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        service.port = listener.getsockname()[1]
        try:
            yield service
        finally:
            server.should_exit = True
            thread.join(30)
            listener.close()
            assert not thread.is_alive()


class Listener:
    """One connection; iterate over its events as `(name, id, data)`, comments as `("", "", text)`."""

    def __init__(self, service, execution, *, last="", token=TOKEN, headers=None, query=""):
        self.connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        sent = {"token": token} if token else {}
        sent |= {"Last-Event-ID": last} if last else {}
        path = f"{API}/execution/events?executionId={execution}{query}"
        self.connection.request("GET", path, headers=sent | (headers or {}))
        self.response = self.connection.getresponse()
        self.status = self.response.status

    def __enter__(self):
        return self

    def __exit__(self, *_args):
        self.close()

    def close(self):
        self.response.close()
        self.connection.close()

    def __iter__(self):
        while block := self._block():
            if "event" in block:
                yield block["event"], block["id"], json.loads(block["data"])
            elif "" in block:
                yield "", "", block[""]

    def _block(self):
        """The fields up to an empty line; nothing at the end."""
        fields = {}
        while (line := self.response.readline()) not in (b"\n", b""):
            name, _, value = line.decode().rstrip("\n").partition(": ")
            fields[name.rstrip(":")] = value
        return fields

    def until(self, condition):
        """The events up to the one for which the condition holds."""
        seen = []
        for event in self:
            seen.append(event)
            if condition(*event):
                return seen
        raise AssertionError(f"it ended before that, after {seen[-3:]}")

    def rest(self):
        return list(self)


def is_execution(name, _identity, _data):
    return name == "execution"


def counted_as(**counts):
    """The execution's event that shows these counts."""
    return lambda name, _id, data: (
        name == "execution" and all(data["summary"][key] == value for key, value in counts.items())
    )
