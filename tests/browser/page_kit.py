"""A reader of the page: a browser's context that notes whatever must not happen."""

import contextlib
import re
import time
from urllib.parse import urlsplit

#: the browser's own word for an answer that is no 2xx; which are expected, a story says.
_STATUS = re.compile("Failed to load resource: the server responded with a status of (\\d+)")
_GONE = re.compile(
    "net::ERR_(CONNECTION_REFUSED|INTERNET_DISCONNECTED|CONNECTION_RESET|EMPTY_RESPONSE|FAILED|INCOMPLETE_CHUNKED_ENCODING|ABORTED)"
)
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


class Reader:
    def __init__(self, context, base, expected=()):
        self.context = context
        self.base = base
        #: statuses that a story brings about on purpose.
        self.expected = set(expected)
        self.complaints = []
        self.loads = 0
        context.add_init_script(_WATCH)
        context.on("page", self._watch)

    def _watch(self, page):
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._asked)
        page.on("load", lambda _: setattr(self, "loads", self.loads + 1))

    def _said(self, message):
        if message.type not in {"error", "warning"}:
            return
        status = _STATUS.match(message.text)
        if status and int(status[1]) in self.expected:
            return
        if "offline" in self.expected and _GONE.search(message.text):
            return
        self.complaints.append(f"console: {message.text}")

    def _asked(self, request):
        where = urlsplit(request.url)
        if where.scheme in {"http", "https"} and f"{where.scheme}://{where.netloc}" != self.base:
            self.complaints.append(f"asked elsewhere: {request.url}")

    def sign_in(self, token):
        answer = self.context.request.post(
            f"{self.base}/it/api/page/session",
            data={"token": token},
            headers={"X-Sisyphus-Page": "1", "Origin": self.base},
        )
        assert answer.status == 200, answer.text()

    def open(self, path):
        page = self.context.new_page()
        page.goto(self.base + path)
        return page

    def violations(self):
        found = []
        for page in self.context.pages:
            with contextlib.suppress(Exception):  # a page of the browser's own has none
                found += page.evaluate("window.violations ?? []")
        return found


def look_again(page):
    """From now on as somebody who comes back to the window again and again: the page looks, too.
    Once may be too early: while it still listens, it has no reason to."""
    page.evaluate(
        "() => { setInterval(() => document.dispatchEvent(new Event('visibilitychange')), 500); }"
    )


def until(page, condition, arg=None, seconds=30):
    """Playwright's own `wait_for_function` is `eval` in the page, which its policy does not allow."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition, arg):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(50)


def rows(page):
    """Titles of the rows that are in the page."""
    return page.locator("[data-row] .name a").all_inner_texts()


def texts_of(page):
    """Every text that is shown, without those that are somebody's own words."""
    return page.evaluate("""() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found = [];
      while (walker.nextNode()) {
        const { parentElement, data } = walker.currentNode;
        if (parentElement.closest("bdi, pre, code, kbd, script, noscript, option, .mono, .said, [lang]:not(html)")) continue;
        if (data.trim()) found.push(data.trim());
      }
      return found;
    }""")
