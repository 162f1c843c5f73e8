"""Webhooks of a service in a test: where they go, and the rows of what is sent."""

from service_kit import until

from orchestrator.notifications.webhook import Webhook
from orchestrator.secrets import Secret


def hook(told, name="qa", **fields):
    fields.setdefault("secret", Secret("geheim-key"))
    return Webhook(name=name, url=Secret(f"{told.url}/geheim/{name}?token=geheim"), **fields)


def rows(service):
    found = service.sql("SELECT * FROM webhook_delivery ORDER BY id")
    return [dict(row._mapping) for row in found]


def settled(service):
    """The rows once every notice was received."""
    until(lambda: {row["state"] for row in rows(service)} == {"delivered"})
    return rows(service)


def finished(service, *statuses):
    number = service.started(*range(1, len(statuses) + 1))
    for case, status in enumerate(statuses, start=1):
        if status:
            service.result(number, case, status)
    service.told("/execution/finish", {"executionId": number})
    return number
