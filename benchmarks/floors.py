"""Servers that do less than ours: what HTTP, and what a grouped commit, cost at least here.

    python -m benchmarks.floors constant|grouped DATABASE_URL

`constant` reads a body and answers the same; `grouped` inserts what it read with SQLAlchemy Core,
all that waits in one commit, and answers after it. Neither knows who asks, looks anything up,
counts, or tells anybody. Prints its address.
"""

import asyncio
import json
import queue
import socket
import sys
import threading

import sqlalchemy as sa
import uvicorn

ANSWER = json.dumps({"code": 20000, "msg": "success", "data": {"execution_status": 3}}).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def body_of(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answered(send):
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


async def constant(scope, receive, send):
    if scope["type"] == "http":
        await body_of(receive)
        await answered(send)


class Grouped:
    def __init__(self, url):
        self.engine = sa.create_engine(url)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _as_ours)
        self.table = sa.Table(
            "floor_result",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("execution_id", sa.BigInteger),
            sa.Column("case_id", sa.BigInteger),
            sa.Column("status", sa.Integer),
            sa.Column("retry_count", sa.Integer),
            sa.Column("error_message", sa.Text),
            sa.Column("ext", sa.JSON),
        )
        self.table.metadata.create_all(self.engine)
        self.names = [column.name for column in self.table.columns if column.name != "id"]
        self.waiting = queue.SimpleQueue()
        threading.Thread(target=self.write, daemon=True).start()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        said = json.loads(await body_of(receive))
        rows = [
            {
                "execution_id": said["executionId"],
                "case_id": one["caseId"],
                "status": one["status"],
                "retry_count": one["retryCount"],
                "error_message": one["errorMessage"],
                "ext": one["ext"],
            }
            for one in said.get("results", [said])
        ]
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self.waiting.put((rows, loop, future))
        await future
        await answered(send)

    def write(self):
        while True:
            group = [self.waiting.get()]
            while len(group) < 64 and not self.waiting.empty():
                group.append(self.waiting.get())
            with self.engine.begin() as connection:
                connection.execute(
                    self.table.insert(), [row for rows, _, _ in group for row in rows]
                )
            group[0][1].call_soon_threadsafe(_tell, [future for _, _, future in group])


def _tell(futures):
    for future in futures:
        future.set_result(None)


def _as_ours(connection, _record):
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def main():
    kind, url = sys.argv[1:]
    app = constant if kind == "constant" else Grouped(url)
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
