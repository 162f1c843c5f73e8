"""Seven calls of Jenkins' remote API, over python-jenkins' session, login and crumbs.

python-jenkins has no timeout of its own, puts a build's parameters into its address, and folds
different refusals into one error: here every call has a timeout, parameters travel in the body
(one of them is a token), and each answer is one of `JenkinsError`'s few kinds. GETs are repeated,
a POST never is.
"""

import contextlib
import dataclasses
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

import jenkins
import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from orchestrator.i18n import tr
from orchestrator.runners.jenkins.models import (
    Build,
    JenkinsError,
    NotFoundError,
    QueueItem,
    RefusedError,
    UnclearError,
    UnreachableError,
    build_of,
    item_of,
    parameters_of,
)
from orchestrator.secrets import Secret

#: seconds to connect, and between two pieces of an answer.
TIMEOUT: Final = (3.05, 15.0)
#: before each repetition of a GET.
PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
_ITEM: Final = "id,why,cancelled,executable[number,url],actions[parameters[name,value]]"
_BUILD: Final = (
    "number,url,building,result,queueId,artifacts[relativePath],"
    "actions[_class,urlName,parameters[name,value]]"
)
_ITEM_ADDRESS: Final = re.compile(r"/queue/item/(\d+)/?$")
_REFUSALS: Final = {
    400: tr("Jenkins 不接受该请求，任务可能未开启参数化构建（HTTP 400）"),
    401: tr("Jenkins 用户名或令牌错误（HTTP 401）"),
    403: tr("Jenkins 拒绝访问，用户缺少权限（HTTP 403）"),
    404: tr("Jenkins 中不存在（HTTP 404）"),
    405: tr("Jenkins 不支持该请求，地址可能不是 Jenkins（HTTP 405）"),
    409: tr("Jenkins 任务已被禁用（HTTP 409）"),
}
_UNCLEAR: Final = {
    429: tr("Jenkins 请求过多（HTTP 429）"),
    503: tr("Jenkins 正在启动或重启（HTTP 503）"),
}
_NOT_SENT: Final = (NewConnectionError, ConnectTimeoutError)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Account:
    #: `http://host/` with the path of the context, if it has one.
    url: str
    user: str
    token: Secret


class JenkinsClient:
    def __init__(
        self,
        account: Account,
        *,
        timeout: tuple[float, float] = TIMEOUT,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.url = account.url.rstrip("/") + "/"
        named = (account.user, account.token.reveal()) if account.user else (None, None)
        # No retries of its own: they would sleep as long as a Retry-After says.
        self._server = jenkins.Jenkins(self.url, *named, timeout=timeout, retries=0)
        self._pauses = pauses
        self._closed = threading.Event()

    def trigger(self, job: str, parameters: Mapping[str, str]) -> int | None:
        """The queue item's number; None when Jenkins took the build but does not say which."""
        response = self._post(f"{_job_path(job)}buildWithParameters", parameters)
        address = _ITEM_ADDRESS.search(urlsplit(response.headers.get("Location", "")).path)
        if address:
            return int(address[1])
        if response.status_code == requests.codes.created:
            return None
        raise RefusedError(_not_jenkins(response))

    def queue_item(self, number: int) -> QueueItem:
        with _parsing():
            return item_of(self._get(f"queue/item/{number}/", _ITEM))

    def build(self, job: str, number: int) -> Build:
        with _parsing():
            return build_of(self._get(f"{_job_path(job)}{number}/", _BUILD))

    def declared_parameters(self, job: str) -> Mapping[str, str]:
        """Their types by name, such as `StringParameterDefinition`; Jenkins drops all others when
        it is triggered."""
        document = self._get(_job_path(job), "property[parameterDefinitions[name,type]]")
        with _parsing():
            properties = document.get("property") or ()
            definitions = [one for p in properties for one in p.get("parameterDefinitions") or ()]
            return {one["name"]: one.get("type", "") for one in definitions}

    def find(
        self, job: str, wanted: Mapping[str, str], *, builds: int, after: int = 0
    ) -> QueueItem | Build | None:
        """What carries these parameters: in the queue, or among so many of the job's last builds,
        as far as their numbers are greater than `after`."""
        queued = self._get("queue/", f"items[{_ITEM}]").get("items", [])
        built = self._get(_job_path(job), f"builds[{_BUILD}]{{0,{builds}}}")
        with _parsing():
            for document in queued:
                if wanted.items() <= parameters_of(document).items():
                    return item_of(document)
            for document in built.get("builds", []):
                if wanted.items() <= parameters_of(document).items():
                    build = build_of(document)
                    return build if build.number > after else None
        return None

    def stop(self, job: str, number: int) -> None:
        self._post(f"{_job_path(job)}{number}/stop", {})

    def cancel(self, number: int) -> None:
        """Take an item out of the queue; nothing happens when it is not there."""
        with contextlib.suppress(
            NotFoundError
        ):  # also what a Jenkins says that did it (JENKINS-21311)
            self._post("queue/cancelItem", {"id": str(number)})

    def item_url(self, number: int) -> str:
        return f"{self.url}queue/item/{number}/"

    def build_url(self, job: str, number: int) -> str:
        return f"{self.url}{_job_path(job)}{number}/"

    def close(self) -> None:
        """No call is repeated any more."""
        self._closed.set()

    def wait(self, seconds: float) -> None:
        """Pause, unless the client is closed."""
        self._closed.wait(seconds)

    def _get(self, path: str, tree: str) -> dict[str, Any]:
        for pause in self._pauses:
            try:
                return self._asked(path, tree)
            except (UnclearError, UnreachableError):
                if self._closed.wait(pause):
                    break
        return self._asked(path, tree)

    def _asked(self, path: str, tree: str) -> dict[str, Any]:
        request = requests.Request("GET", f"{self.url}{path}api/json", params={"tree": tree})
        response = self._send(request, add_crumb=False)
        try:
            document = response.json()
        except requests.JSONDecodeError as error:
            # Half a document may be whole next time; a page will not be.
            if response.headers.get("Content-Type", "").startswith("application/json"):
                raise UnclearError(tr("Jenkins 的响应不完整")) from error
            raise RefusedError(_not_jenkins(response)) from error
        if not isinstance(document, dict):
            raise RefusedError(_not_jenkins(response))
        return document

    def _post(self, path: str, form: Mapping[str, str]) -> requests.Response:
        """Once; and once more with a fresh crumb when only the crumb was refused."""
        try:
            return self._send(requests.Request("POST", self.url + path, data=form))
        except StaleCrumbError:
            self._server.crumb = None
            return self._send(requests.Request("POST", self.url + path, data=form))

    def _send(self, request: requests.Request, *, add_crumb: bool = True) -> requests.Response:
        try:
            if add_crumb:
                self._add_crumb(request)
            response: requests.Response = self._server.jenkins_request(request, add_crumb=False)
        except requests.exceptions.InvalidHeader as error:
            self._server.crumb = None
            raise RefusedError(_LOGIN) from error
        except (jenkins.JenkinsException, requests.RequestException) as error:
            raise _translated(error) from error
        return response

    def _add_crumb(self, request: requests.Request) -> None:
        """python-jenkins keeps whatever the issuer answered: it is asked again after a bad one."""
        try:
            with _parsing():
                self._server.maybe_add_crumb(request)
                # A request of ours has no other header than the crumb's.
                texts = [text for pair in request.headers.items() for text in pair]
                valid = bool(texts) and all(isinstance(text, str) for text in texts)
                if self._server.crumb is not False and not valid:
                    raise TypeError("that is no header")
        except RefusedError:
            self._server.crumb = None
            raise


@contextlib.contextmanager
def _parsing() -> Iterator[None]:
    """JSON that is not shaped as Jenkins' is refused, wherever one stumbles over it."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RefusedError(_LOGIN) from error


class StaleCrumbError(RefusedError):
    """Jenkins wants a (new) crumb; it did nothing."""


_LOGIN: Final = tr("返回的不是 Jenkins 接口的内容，可能是登录页或代理页，请检查地址与令牌")


def _job_path(name: str) -> str:
    """`team/api/job` as Jenkins' address of it. Raises `RefusedError` for what is no job's name."""
    parts = name.strip("/").split("/")
    if any(part.strip() in {"", ".", ".."} for part in parts):
        raise RefusedError(tr("Jenkins 任务名不可用: {name}", name=repr(name[:100])))
    return "".join(f"job/{quote(part, safe='')}/" for part in parts)


def _translated(error: Exception) -> JenkinsError:
    """python-jenkins keeps the HTTP answer, or the timeout, only as its errors' context."""
    origin = error if isinstance(error, requests.RequestException) else error.__context__
    if isinstance(origin, requests.HTTPError) and origin.response is not None:
        status = origin.response.status_code
        if status == requests.codes.forbidden and "crumb" in origin.response.text.lower():
            return StaleCrumbError(tr("Jenkins 拒绝了请求：crumb 无效（HTTP 403）"))
        if status == requests.codes.not_found:
            return NotFoundError(_REFUSALS[status])
        if status in _UNCLEAR or status >= requests.codes.server_error:
            return UnclearError(
                _UNCLEAR.get(status, tr("Jenkins 内部错误（HTTP {status}）", status=status))
            )
        return RefusedError(
            _REFUSALS.get(status, tr("Jenkins 拒绝了请求（HTTP {status}）", status=status))
        )
    wrapped = origin.args[0] if origin is not None and origin.args else None
    never_sent = isinstance(wrapped, MaxRetryError) and isinstance(wrapped.reason, _NOT_SENT)
    if never_sent or isinstance(origin, requests.ConnectTimeout | requests.exceptions.SSLError):
        return UnreachableError(tr("无法连接 Jenkins"))
    if isinstance(origin, requests.Timeout):
        return UnclearError(tr("Jenkins 没有及时响应"))
    return UnclearError(tr("与 Jenkins 的连接中断"))


def _not_jenkins(response: requests.Response) -> str:
    return _LOGIN + tr("（HTTP {status}）", status=response.status_code)
