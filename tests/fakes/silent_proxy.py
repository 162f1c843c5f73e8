"""A TCP proxy whose open connections can fall silent: bytes are taken and go nowhere."""

import contextlib
import select
import socket
import threading


class SilentProxy:
    """`silence()` swallows what the connections of now carry; `swallow_all` those to come, too."""

    def __init__(self, host, port):
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._pairs = []
        self._silent = set()
        self.swallow_all = False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_args):
        self._listener.close()
        for pair in self._pairs:
            for one in pair:
                one.close()

    def silence(self):
        self._silent |= {pair[0] for pair in self._pairs}

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                self._pairs.append((near, far))
                threading.Thread(target=self._pump, args=(near, far), daemon=True).start()

    def _pump(self, near, far):
        with contextlib.suppress(OSError, ValueError):
            while True:
                for one in select.select([near, far], [], [])[0]:
                    data = one.recv(65536)
                    if near in self._silent or self.swallow_all:
                        if not data:
                            return  # a far end that never hears of it
                        continue
                    if not data:
                        near.close()
                        far.close()
                        return
                    (far if one is near else near).sendall(data)
