"""A notification, and the request that a format makes of it."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from orchestrator.notifications.webhook import Webhook
from orchestrator.secrets import Secret
from orchestrator.status import NotificationKind


@dataclasses.dataclass(frozen=True, kw_only=True)
class FailedCase:
    """A case that neither passed nor was skipped."""

    case_id: int
    case_key: str
    case_title: str
    status: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Notification:
    """The public facts of an execution that ended, as they are when it is sent."""

    delivery_id: str
    kind: NotificationKind
    #: the delivery id of the notification that this one corrects.
    replaces: str | None
    #: of this attempt: signatures carry it.
    moment: dt.datetime
    execution_id: int
    execution_no: str
    status: int
    #: 4 or 5: what the results say once all have arrived (`NotificationKind.HEALED`).
    outcome: int | None
    trigger_type: int
    trigger_source: str
    trigger_by: int | None
    project_id: int | None
    plan_id: int | None
    plan_name: str | None
    plan_round_no: int | None
    case_id: int | None
    case_title: str | None
    env_code: str
    run_mode: int
    #: `total`, `passed`, `failed`, … as in the answer of `execution/detail`.
    summary: Mapping[str, int]
    #: local wall-clock text.
    start_time: str | None
    end_time: str | None
    duration_seconds: float | None
    #: why it ended in 6, 7 or 8; may be empty.
    reason: str
    console_url: str | None
    report_url: str | None
    #: the first few of them.
    failed_cases: Sequence[FailedCase]


@dataclasses.dataclass(frozen=True, kw_only=True)
class WebhookRequest:
    """A POST. `url` and `headers` may hold secrets: they are not shown."""

    url: Secret
    body: bytes
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    #: fields of the (JSON) answer of which one is there, and all that are there are 0.
    zero: tuple[str, ...] = ()


#: writes the request for a kind of receiver. Raises nothing; does no input or output.
WebhookFormat = Callable[[Notification, Webhook], WebhookRequest]
