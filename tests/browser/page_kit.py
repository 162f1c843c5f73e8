"""A reader of the page: a browser's context that notes whatever must not happen."""

import contextlib
import re
import time
from urllib.parse import urlsplit

from stage import LIMIT

#: the browser's own word for an answer that is no 2xx; which are expected, a story says.
_STATUS = re.compile("Failed to load resource: the server responded with a status of (\\d+)")
_GONE = re.compile(
    "net::ERR_(CONNECTION_REFUSED|INTERNET_DISCONNECTED|CONNECTION_RESET|EMPTY_RESPONSE|FAILED|INCOMPLETE_CHUNKED_ENCODING|ABORTED)"
)
#: what stays open while the page listens.
_STREAM = "/automation/execution/events?"
#: an effect of what is drawn asks after the frame, and what it then draws may have effects of its own.
_DRAWN = """async () => {
  for (let frame = 0; frame < 3; frame += 1) {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }
}"""
_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


#: milliseconds that a test waits for what must come, on a machine that does other things too.
PATIENCE = 120_000


def patient_context(browser, **options):
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    return context


@contextlib.contextmanager
def readers(browser, town):
    """`enter(token=…, lang=…, base=…, expected=…, **context options)`: signed in, if not told otherwise."""
    made = []

    def enter(*, token=None, lang="zh", base=None, expected=(), **options):
        locale = {"zh": "zh-CN", "en": "en-GB"}[lang]
        context = patient_context(browser, locale=locale, **{"reduced_motion": "reduce", **options})
        one = Reader(context, base or town.base, expected)
        made.append(one)
        if token != "":
            one.sign_in(token or town.token)
        return one

    yield enter
    found = [text for one in made for text in [*one.complaints, *one.violations()]]
    for one in made:
        for page in one.context.pages:
            page.unroute_all(behavior="ignoreErrors")  # what is asked for while it is closed
        one.context.close()
    assert found == []


class Reader:
    def __init__(self, context, base, expected=()):
        self.context = context
        self.base = base
        #: statuses that a story brings about on purpose.
        self.expected = set(expected)
        self.complaints = []
        self.loads = 0
        self._traffic = {}
        context.add_init_script(_WATCH)
        context.on("page", self._watch)

    def _watch(self, page):
        self._traffic[page] = _Traffic(page)
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

    def settled(self, page):
        """All that the page asked for has come and is drawn, and it has nothing more to ask for."""
        # of a narrow window a drawer takes the whole: what lies below it is hidden
        page.locator("main > :not([aria-busy])").filter(visible=True).first.wait_for()
        deadline = time.monotonic() + LIMIT
        traffic, before = self._traffic[page], None
        while traffic.awaited or traffic.made != before:
            assert time.monotonic() < deadline, [request.url for request in traffic.awaited]
            before = traffic.made
            page.evaluate(_DRAWN)
        page.wait_for_selector("[aria-busy=true]", state="detached")

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


class _Traffic:
    """How many requests a page made, and those whose answer is on its way."""

    def __init__(self, page):
        self.made = 0
        self.awaited = set()
        page.on("request", self._begun)
        page.on("requestfinished", self._over)
        page.on("requestfailed", self._over)

    def _begun(self, request):
        if request.is_navigation_request():
            self.awaited.clear()  # nobody waits for what the page before it wanted
        if _STREAM not in request.url:
            self.made += 1
            self.awaited.add(request)

    def _over(self, request):
        self.awaited.discard(request)


def look_again(page):
    """From now on as somebody who comes back to the window again and again: the page looks, too.
    Once may be too early: while it still listens, it has no reason to."""
    page.evaluate(
        "() => { setInterval(() => document.dispatchEvent(new Event('visibilitychange')), 500); }"
    )


def until(page, condition, arg=None, seconds=LIMIT):
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
