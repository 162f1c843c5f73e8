"""A service process that only sends: `python sending_process.py DATABASE HOOK MOMENT [die]`.

It sends what is due at MOMENT to the webhook `qa`; with `die`, it ends as a killed process would
between its claim and the sending.
"""

import datetime as dt
import os
import sys

from orchestrator.db.engine import Database
from orchestrator.metrics import Metrics
from orchestrator.notifications.formats.registry import FORMATS
from orchestrator.notifications.notifier import Sender
from orchestrator.notifications.webhook import Webhook
from orchestrator.secrets import Secret
from orchestrator.store.writer import Writer


class StillClock:
    def __init__(self, moment):
        self.now = lambda: moment


def main(url, hook, moment, die=""):
    database = Database(url)
    sender = Sender(
        Webhook(name="qa", url=Secret(hook)),
        (lambda *_: os._exit(9)) if die else FORMATS["json"],
        database=database,
        writer=Writer(database),
        clock=StillClock(dt.datetime.fromisoformat(moment)),
        zone=None,
        metrics=Metrics(),
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for _ in range(20):  # a claim lost to another process ends a round
        sender.round()


if __name__ == "__main__":
    main(*sys.argv[1:])
