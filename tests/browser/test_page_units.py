"""The page's pure modules, by themselves in a browser: no service answers but for their files."""

import json
import re

import pytest
from page_kit import patient_context

from orchestrator.i18n.english import STORED
from orchestrator.page.serving import STATIC

BASE = "http://page.test/"
_TYPES = {".js": "text/javascript", ".json": "application/json", ".html": "text/html"}


@pytest.fixture(scope="module")
def blank(browser):
    """A page that can import the modules; `call(module, function body)` gives what it returns."""
    page = patient_context(browser).new_page()

    def served(route):
        name = route.request.url.removeprefix(BASE)
        if name == "":
            route.fulfill(body="<!doctype html><title>units</title>", content_type="text/html")
        elif name == "texts/service.en.json":
            route.fulfill(body=json.dumps(STORED), content_type="application/json")
        elif (path := STATIC / name).is_file():
            route.fulfill(body=path.read_bytes(), content_type=_TYPES[path.suffix])
        else:
            route.fulfill(status=404, body="")

    page.route(f"{BASE}**", served)
    page.goto(BASE)
    return page


@pytest.fixture
def call(blank):
    def made(module, body, value=None):
        script = f"async (value) => {{ const m = await import('{BASE}app/{module}.js'); {body} }}"
        return blank.evaluate(script, value)

    yield made
    blank.evaluate("localStorage.clear()")


@pytest.fixture
def english(call):
    spoken = "await (await import('./app/texts.js')).speak('en');"
    return lambda texts: call("reasons", f"{spoken} return value.map(m.translated);", texts)


def test_the_service_is_asked_for_json(call):
    spied = """
      const own = window.fetch;
      const sent = [];
      window.fetch = async (_, options) => (sent.push(options.headers), new Response('{"code": 20000}'));
      try { await m.get("/x"); await m.post("/x", {}); } finally { window.fetch = own; }
      return sent.map((headers) => headers.Accept);
    """
    assert call("api", spied) == ["application/json"] * 2


STREAM = (
    'retry: 2000\n\n: hello\n\nevent: case\nid: 12-3\ndata: {"a":\ndata: 1}\n\n'
    "event: execution\r\nid: 13\r\ndata: {}\r\n\r\n"
)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_however_they_are_cut(call, size):
    events = call(
        "events",
        """const feed = m.parser(), found = [];
           for (let i = 0; i < value[0].length; i += value[1]) found.push(...feed(value[0].slice(i, i + value[1])));
           return found;""",
        [STREAM, size],
    )

    assert events == [
        {"comment": "hello"},
        {"event": "case", "id": "12-3", "data": '{"a":\n1}'},
        {"event": "execution", "id": "13", "data": "{}"},
    ]


def test_an_event_without_an_id_keeps_the_last_one(call):
    events = call("events", "return m.parser()(value);", "id: 5\ndata: a\n\ndata: b\n\n")

    assert [event["id"] for event in events] == ["5", "5"]


def failed(number, message, **more):
    return {
        "id": number,
        "run_order": number,
        "status": 3,
        "marked": False,
        "cause": None,
        "case_id": 1000 + number,
        "error_message": message,
        "case_title": f"case {number}",
        "case_key": f"K-{number}",
        "pytest_nodeid": None,
        "duration_seconds": None,
        **more,
    }


def test_failures_with_one_cause_are_one(call):
    where = {"step": "支付", "check": "eq", "path": "$.data.status", "type": "AssertionError"}
    rows = [
        failed(1, "order 17 is 3 s late"),
        failed(2, "order 4711 is 12 s late"),
        failed(3, "expected paid, but got pending", cause=where),
        failed(4, "expected paid, but got pending", cause={**where, "step": "退款"}),
        failed(5, "6f1c2d3e-1111-4222-8333-444455556666 is gone"),
        failed(6, "00aa2d3e-1111-4222-8333-444455556666 is gone"),
        failed(7, None, status=2),
        failed(8, "order 5 is 1 s late", status=4, marked=True),
    ]
    groups = call(
        "causes", "return m.causes(value).map((one) => one.rows.map((row) => row.id));", rows
    )

    assert groups == [[1, 2], [5, 6], [3], [4], [8]]


def test_what_changed_is_told_by_case(call):
    rows = [
        failed(1, "x"),
        failed(2, "x"),
        failed(3, None, status=2),
        failed(4, "没有结果", status=4, marked=True),
        failed(5, "x", status=6),
        failed(6, None, status=5),
    ]
    before = [[1001, 2], [1002, 3], [1003, 3], [1004, 2], [1006, 3]]
    told = call(
        "changes",
        """const found = m.changes(value[0], new Map(value[1]));
           return Object.fromEntries(Object.entries(found).map(([kind, rows]) => [kind, rows.map((row) => row.id)]));""",
        [rows, before],
    )

    assert told == {"new": [1, 5], "still": [2], "fixed": [3], "missed": [4]}


def test_rows_that_no_longer_match_stay_while_they_are_looked_at(call):
    rows = [failed(1, "x", status=1), failed(2, "x", status=2), failed(3, "x", status=1)]
    said = call(
        "arrange",
        """const one = m.arranged(value, { status: "1" }, () => undefined, new Set([1, 2, 3]));
           const fresh = m.arranged(value, { status: "1" }, () => undefined, null);
           return [one.ids, [...one.left], fresh.ids];""",
        rows,
    )

    assert said == [[1, 3, 2], [2], [1, 3]]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [2, 4, 1, 3]),
        ({"sort": "order"}, [1, 2, 3, 4]),
        ({"sort": "slow"}, [3, 2, 4, 1]),
        ({"q": "登录 k-1"}, [1]),
        ({"q": "(.*"}, []),
        ({"status": "3"}, [2, 4]),
    ],
)
def test_rows_are_sorted_and_filtered(call, query, ids):
    rows = [
        failed(1, None, status=2, case_title="登录", duration_seconds=0.1),
        failed(2, "x", duration_seconds=0.5),
        failed(3, None, status=2, duration_seconds=3),
        failed(4, "y", duration_seconds=0.2),
    ]

    assert (
        call(
            "arrange",
            "return m.arranged(value[0], value[1], () => undefined, null).ids;",
            [rows, query],
        )
        == ids
    )


def ran(number, worker, start, seconds, status=2):
    begun = f"2026-03-02T09:00:{start:06.3f}+08:00"
    return failed(
        number, None, worker=worker, started_at=begun, duration_seconds=seconds, status=status
    )


def test_lanes_are_the_workers(call):
    rows = [
        ran(1, "gw10", 0, 4),
        ran(2, "gw2", 0, 1),
        ran(3, "gw2", 3, 0.5),
        ran(4, None, 1, None, 3),
    ]
    told = call(
        "lanes",
        "const found = m.lanes(value, 0); return [found.packed, found.lanes.map((l) => [l.name, l.bars.length, l.idle, l.alone, l.bars.some((b) => b.torn)])];",
        rows,
    )

    assert told == [
        False,
        [["gw2", 2, 2000, 0, False], ["gw10", 1, 0, 0, False], ["?", 1, 3000, 0, True]],
    ]


def test_lanes_without_workers_are_packed_and_say_so(call):
    rows = [ran(1, None, 0, 2), ran(2, None, 1, 1), ran(3, None, 2, 1)]
    told = call(
        "lanes",
        "const f = m.lanes(value, 0); return [f.packed, f.lanes.map((l) => l.bars.map((b) => b.row.id))];",
        rows,
    )

    assert told == [True, [[1, 3], [2]]]


def test_of_a_terminal_only_colours_are_read(call):
    text = "a\u001b[1;31mred\nline\u001b[0m\u001b[2K\u001b]0;title\u0007b\u0007\u202ec\r\n\nd\re"
    lines = call("ansi", "return m.ansi(value);", text)

    texts = [[piece["text"] for piece in line] for line in lines]
    assert texts == [["a", "red"], ["line", "b␇⟨U+202E⟩c"], [], ["d\ne"]]
    assert [lines[0][1]["cls"], lines[1][0]["cls"]] == ["ansi-bold ansi-red"] * 2


def test_two_exchanges_differ_place_by_place(call):
    then = {"body": {"items": [1, 2], "status": "paid"}, "same": {}}
    now = {"body": {"items": [1], "status": "pending", "extra": None}, "same": {}}
    found = call(
        "flat", "return m.differences(value[0], value[1]).map((one) => one.path);", [then, now]
    )

    assert found == ["body.items[1]", "body.status", "body.extra"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0, "0.00 s"),
        (0.844, "0.84 s"),
        (12.34, "12.3 s"),
        (310.2, "5:10"),
        (3723, "1:02:03"),
    ],
)
def test_durations_are_short(call, seconds, text):
    assert call("format", "return m.duration(value);", seconds) == text


CHINESE = "await (await import('./app/texts.js')).speak('zh');"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 秒"), (119, "119 秒"), (120, "2 分钟"), (7199, "119 分钟"), (7500, "2 小时 5 分钟")],
)
def test_what_passes_is_told_by_seconds_only_while_they_matter(call, seconds, text):
    assert call("format", f"{CHINESE} return m.span(value);", seconds) == text


def test_chinese_stands_apart_from_numbers(call):
    assert call("format", f"{CHINESE} return m.when(0, 180_000);") == "3 分钟前"


@pytest.mark.parametrize(
    ("address", "view"),
    [
        ("/executions?status=3", "list"),
        ("/executions/13", "execution"),
        ("/executions/13/cases/431?tab=steps", "execution"),
        ("/executions/abc", "nowhere"),
        ("/executions/99999999999999999999", "nowhere"),
        ("/cases/1001", "case"),
        ("/plans/new", "editor"),
        ("/plans/7/edit", "editor"),
        ("/plans/7/edit/more", "nowhere"),
        ("/queue", "queue"),
        ("/page/open?key=dead", "sign-in"),
    ],
)
def test_addresses(call, address, view):
    assert call("router", "return m.parse(value).view;", address) == view


def test_filters_that_mean_nothing_are_named_and_left_out(call):
    query = {"status": "3,x", "page": "0", "env": "st", "from": "2026-13-01", "other": "1"}
    told = call("filters", "return m.read(value);", query)

    assert told["wrong"] == ["status=3,x", "from=2026-13-01", "page=0"]
    assert told["asked"] == {"pageNo": 1, "pageSize": 50, "envCode": "st"}
    assert call("filters", "return m.active(value);", query) == ["env"]


@pytest.mark.parametrize(
    ("rows", "env"), [([], None), ([{"env_code": "st"}, {"env_code": "prod"}], "st")]
)
def test_a_start_is_filled_in_with_what_this_plan_last_ran_in(call, rows, env):
    """Another plan's environment, which the browser remembers, would be a wrong guess."""
    asked, found = call(
        "start",
        """localStorage.setItem("sisyphus.env", "prod");
           const asked = [], own = globalThis.fetch;
           globalThis.fetch = (url) => (asked.push(String(url)), Promise.resolve(new Response(
             JSON.stringify({ code: 20000, msg: null, data: { list: value, total: value.length } }),
             { headers: { "Content-Type": "application/json" } })));
           try { return [asked, (await m.lastEnv("/automation/execution/list", { planId: 7 })) ?? null]; }
           finally { globalThis.fetch = own; }""",
        rows,
    )

    assert found == env
    assert len(asked) == 1
    assert "planId=7" in asked[0]


def test_a_plan_that_is_written(call):
    told = call(
        "draft",
        """const rows = [1, 2, 3].map((n) => ({ case_id: n, case_title: `c${n}`, case_key: `k${n}` }));
           const before = m.added([], rows);
           const after = m.withRound(m.movedTo(m.removed(m.added(before, [{ case_id: 9, case_key: "k" }, rows[0]]), 1), 0, 1), 0, 2);
           return [after.map((one) => one.case_id), m.differences(before, after), m.movedTo(before, 0, 9) === before];""",
    )

    assert told == [[3, 1, 9], {"added": 1, "removed": 1, "moved": 2, "rounds": 1}, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("执行机失联：超过 90 秒没有心跳", "the runner is lost: no sign of life for 90 s"),
        (
            "pytest 进程已结束（被信号 9 终止）；未送达的结果留在 /x，可用 pytest --sisyphus-replay 补报",
            "the pytest process has ended (killed by signal 9); results that were not delivered are in /x: pytest --sisyphus-replay sends them",
        ),
        (
            "执行异常结束，用例未开始：执行机失联：超过 90 秒没有心跳",
            "the run ended early; this case had not started: the runner is lost: no sign of life for 90 s",
        ),
        (
            "各台执行机均已终止（第 1 台：pytest 进程已结束（退出码 1）；第 2 台：原因未知）",
            "all machines were ended (machine 1: the pytest process has ended (exit code 1); machine 2: the reason is not known)",
        ),
        (
            "有执行机失联（第 1 台：Connection refused；第 2 台：执行机失联：超过 90 秒没有心跳）",
            "a machine is lost (machine 1: Connection refused; machine 2: the runner is lost: no sign of life for 90 s)",
        ),
        (
            "第 2 台：Jenkins 拒绝了请求（HTTP 400）",
            "machine 2: Jenkins refused the request (HTTP 400)",
        ),
        ("插件自己的话", "插件自己的话"),
        ("已取消订单 42 的测试失败", "已取消订单 42 的测试失败"),
        ("（" * 400, " (" * 400),
        ("：" * 4000, ": " * 51 + "：" * (4000 - 51)),
    ],
)
def test_the_services_words_are_translated(english, text, said):
    assert english([text]) == [said]


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            {
                "code": 40003,
                "message": "Host: 'shop.test' is not an address of this service",
            },
            "Host: 'shop.test' is not an address of this service",
        ),
        ({"code": 40009, "message": "已取消"}, "已取消"),
        ({"code": 40001, "message": "Not signed in"}, "The token is wrong or has expired"),
        ({"code": 42900, "retryAfter": 60}, "Too many wrong attempts; try again in 60 s"),
    ],
)
def test_a_refusal_is_one_sentence(call, refusal, said):
    spoken = "await (await import('./app/texts.js')).speak('en');"
    error = {"kind": "refused", **refusal}
    assert call("parts", f"{spoken} return m.complaint(value);", error) == said


def test_what_was_copied_is_said_for_its_own_time(call):
    """Not for what is left of that of the copy before it."""
    told = call(
        "parts",
        """const own = [globalThis.setTimeout, globalThis.clearTimeout], timers = [], told = [];
           const clipboard = { writeText: () => Promise.resolve() };
           Object.defineProperty(navigator, "clipboard", { value: clipboard, configurable: true });
           globalThis.setTimeout = (act) => timers.push(act);
           globalThis.clearTimeout = (timer) => delete timers[timer - 1];
           try {
             await m.copyByKey("one");
             await m.copyByKey("two");
             for (const act of [...timers]) told.push((act?.(), m.copiedByKey.value));
             return told;
           } finally {
             [globalThis.setTimeout, globalThis.clearTimeout] = own;
             delete navigator.clipboard;
           }""",
    )

    assert told == [True, None]


def test_a_wait_leaves_no_listener_behind(call):
    """Of a page that is open for days there are many."""
    left = call(
        "connection",
        """const heard = new Map();
           for (const target of [window, AbortSignal.prototype]) {
             const add = target.addEventListener, count = (step) => heard.set(step, (heard.get(step) ?? 0) + 1);
             target.addEventListener = function (name, listener, options) {
               count("added");
               options?.signal?.addEventListener === undefined || EventTarget.prototype.addEventListener.call(options.signal, "abort", () => count("gone"));
               return EventTarget.prototype.addEventListener.call(this, name, listener, options);
             };
           }
           const abort = new AbortController().signal;
           for (let i = 0; i < 50; i += 1) await m.waiting(0, { abort, until: ["online"] }).promise;
           const early = m.waiting(60_000, { abort, until: ["online"] });
           dispatchEvent(new Event("online"));
           await early.promise;
           return [heard.get("added"), heard.get("gone")];""",
    )

    assert left == [102, 102]


def test_a_console_that_is_followed_keeps_its_end(call):
    told = call(
        "console",
        """const state = { value: { blocks: [], from: 0 } }, kept = [];
           for (let n = 0; n < 40; n += 1) {
             m.take(state, { offset: n * 1e5, next: (n + 1) * 1e5, size: 4e6, text: "x\\n", line: 1, over: false }, n < 30);
             kept.push([state.value.from, state.value.blocks.length]);
           }
           return [kept[0], kept[5], kept[29], kept[39]];""",
    )

    assert told == [[0, 1], [0, 6], [2_000_000, 10], [2_000_000, 20]]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 40])
@pytest.mark.parametrize("middle", [0, 7, 20])
def test_lines_keep_their_numbers_however_a_console_is_cut(call, size, middle):
    """From the middle on, then what is before it; a character may be more than a byte."""
    text = "one\ntwo\n\n四 4\nfive\n\nseven"
    blocks = call(
        "console_text",
        """const [text, size, middle] = value;
           const piece = (from, to) => ({ offset: new TextEncoder().encode(text.slice(0, from)).length, text: text.slice(from, to) });
           const line = text.slice(0, middle).split("\\n").length;
           let blocks = [];
           for (let i = middle; i < text.length; i += size) blocks = m.behind(blocks, { ...piece(i, i + size), line: i === middle ? line : null });
           if (middle) blocks = m.ahead(blocks, piece(0, middle));
           return [blocks, m.lastOf(blocks), m.holds(blocks, 7), m.holds(blocks, 8)];""",
        [text, size, middle],
    )

    assert blocks[1:] == [7, True, False]
    encoded = text.encode()
    assert "".join(block["text"] for block in blocks[0]) == text
    for block in blocks[0]:
        before = encoded[: block["offset"]].decode()
        assert before == "" or before.endswith("\n")
        assert block["line"] == before.count("\n") + 1


def test_places_in_texts_take_numbers_and_words(call):
    texts = json.loads((STATIC / "texts/en.json").read_text("utf-8"))
    one = call(
        "texts",
        "await m.speak('en'); return [m.t('list.cases', { n: 1 }), m.t('list.cases', { n: 12000 })];",
    )

    assert re.search(r"\{n\|case\|cases\}", texts["list.cases"])
    assert one == ["1 case", "12\u202f000 cases"]


def test_four_windows_sit_and_whoever_leaves_gives_his_place(call):
    told = call(
        "seats",
        """const lost = () => {};
           const clock = Date.now;
           Date.now = () => 1700000000000;  // all at once
           const all = Array.from({ length: 6 }, () => m.seat(lost));
           const before = all.map(Boolean);
           all[1].free();
           const next = m.seat(lost);
           [all[0], all[2], all[3], next].forEach((one) => one.free());
           Date.now = clock;
           localStorage.setItem("sisyphus.stream.closed", `0 ${Date.now() - 60000}`);
           const last = m.seat(lost);
           last.free();
           return [before, Boolean(next), Object.keys(localStorage)];""",
    )

    assert told == [[True] * 4 + [False] * 2, True, []]


@pytest.mark.parametrize(
    ("row", "is_flagged"),
    [
        ({"status": 2, "checks": {"passed": 0, "total": 0}}, True),
        ({"status": 2, "checks": {"passed": 1, "total": 1}}, False),
        ({"status": 2, "checks": None}, False),
        ({"status": 3, "checks": {"passed": 0, "total": 0}}, False),
    ],
)
def test_a_pass_without_checks_is_flagged(call, row, is_flagged):
    assert call("status", "return Boolean(m.Unchecked({ row: value }));", row) is is_flagged


@pytest.mark.parametrize(
    ("error", "is_shown"),
    [
        ("Expected 5, but got 7", False),
        ('Expected {"a":1}, but got {"a":2} (at $.a: expected 1, but got 2)', False),
        ('Expected a match of {"a":1}, but at $.a: expected 1, but got 2', True),
        (
            "Expected every element to pass, but $[1] of 2 does not: gt $: Expected 5, but got 7",
            True,
        ),
        ("no match for $.a; at that level there is: b", True),
        ("期望 5，实际为 7", False),
        ("期望大于 5，实际为 3", False),
        ('期望匹配 {"a":1}，但是 $.a 处：期望 1，实际为 2', True),
        ("$.a 没有匹配；该层现有：b", True),
    ],
)
def test_what_says_more_than_two_values_is_shown(call, error, is_shown):
    assert call("checks", "return m.tellsMore({ error: value });", error) is is_shown


@pytest.mark.parametrize(
    ("check", "said", "told"),
    [
        ("eq", "Expected 5, but got 7", "Expected 5, but got 7"),
        ("eq", "期望 5，实际为 7", "Expected 5, but got 7"),
        ("gt", "期望大于 5，实际为 3", "期望大于 5，实际为 3"),
    ],
)
def test_two_values_that_are_not_equal_are_told_in_the_language_of_the_page(
    call, check, said, told
):
    row = failed(1, said, cause={"step": "pay", "check": check, "path": "$", "type": ""})

    spoken = "await (await import('./app/texts.js')).speak('en');"
    assert call("why", f"{spoken} return m.why(value).props.children;", row) == told
