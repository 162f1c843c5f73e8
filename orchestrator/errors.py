"""What the service refuses. The class says code and HTTP status; its docstring the default `msg`.

`status` is what runners are answered; the frontend reads `code` and gets HTTP 200 for
everything but transport failures (`transport = True`).
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.i18n import tr


class ServiceError(Exception):
    """参数错误"""

    code: ClassVar[int] = 40009
    status: ClassVar[int] = 422
    transport: ClassVar[bool] = False
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, message: str = "", *, data: Mapping[str, Any] | None = None) -> None:
        self.message = message or tr(type(self).__doc__ or "")
        super().__init__(self.message)
        self.data = data


class BadRequest(ServiceError):
    """参数错误"""


class UnknownExecution(ServiceError):
    """未查询到对应执行记录"""

    code = 40011


class Conflict(ServiceError):
    """当前状态不允许该操作"""

    code = 40010
    status = 409

    def __init__(self, message: str = "", *, execution_id: int, status: int) -> None:
        self.execution = {"execution_id": execution_id, "status": int(status)}
        super().__init__(message, data=self.execution)


class TriggerFailed(ServiceError):
    """触发失败"""

    code = 50002

    def __init__(self, message: str, execution: Any) -> None:
        super().__init__(message)
        #: the row, in status 7; the envelope carries it as `data`.
        self.execution = execution


class NoToken(ServiceError):
    """未登录或登录已失效"""

    code = 40001
    status = 401
    transport = True
    headers = {"WWW-Authenticate": "Bearer"}  # noqa: RUF012 -- typed as a ClassVar in the base

    def __init__(self, message: str = "", *, reason: str = "") -> None:
        """`reason`: what the service's log says of it, never with a part of the token."""
        super().__init__(message)
        self.reason = reason


class PermissionDenied(ServiceError):
    """没有该操作的权限"""

    code = 40003
    status = 403
    transport = True


class TooManyAttempts(ServiceError):
    """令牌错误次数过多，请稍后重试"""

    code = 42900
    status = 429
    transport = True
    headers = {"Retry-After": "60"}  # noqa: RUF012 -- typed as a ClassVar in the base


class InvalidCallbackCredentials(ServiceError):
    """回调令牌缺失或错误"""

    code = 40004
    status = 403
    transport = True


class BodyTooLarge(ServiceError):
    """请求体过大"""

    code = 41300
    status = 413
    transport = True


class Unavailable(ServiceError):
    """数据库暂时不可用，请稍后重试"""

    code = 50000
    status = 503
    transport = True
    headers = {"Retry-After": "5"}  # noqa: RUF012 -- typed as a ClassVar in the base


class Busy(Unavailable):
    """服务繁忙，请稍后重试"""


class Foreign(PermissionDenied):
    """不接受其他站点的请求"""


class Doubt(Exception):
    """What works, and is perhaps not what was meant; for the operator, in one line."""


class StartupError(Exception):
    """The service cannot start; the message is for the operator, in one line."""
