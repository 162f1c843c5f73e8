"""The API under test: `python -m benchmarks.speed.target` prints its port.

Fast, so that it is the contestants that are measured; it counts what it answered (`GET /count`).
"""

import asyncio
import json
import re

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def _answer(body: object, status: bytes = b"200 OK") -> bytes:
    text = json.dumps(body, separators=(",", ":")).encode()
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(text)) + text


ITEM = {
    "code": 0,
    "message": "success",
    "data": {
        "id": 7,
        "owner": {"name": "Ada", "roles": ["admin", "dev"]},
        "items": [{"id": n, "name": f"item {n}", "price": n + 0.5} for n in range(10)],
    },
}
ANSWERS = {
    b"GET": _answer(ITEM),
    b"POST": _answer({"code": 0, "data": {"token": "T-0123456789"}}, b"201 Created"),
    b"DELETE": _answer({"code": 0}),
}


class Target(asyncio.Protocol):
    answered = 0

    def connection_made(self, transport):
        self._transport = transport
        self._rest = b""

    def data_received(self, data):
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            head = self._rest[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._rest) < whole:
                return
            self._rest = self._rest[whole:]
            self._transport.write(self._answered(head))

    @staticmethod
    def _answered(head):
        if head.startswith(b"GET /count "):
            return _answer(Target.answered)
        Target.answered += 1
        return ANSWERS.get(head.partition(b" ")[0], ANSWERS[b"GET"])


async def main():
    server = await asyncio.get_running_loop().create_server(Target, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
