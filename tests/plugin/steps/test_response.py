"""What a server says of its body, and what checks and extractors then make of it."""

import contextlib
import gzip

import pytest
from raw_server import answer, raw_server


@pytest.fixture
def ask(run_steps):
    """`ask(answer, keys)`: a step with those keys, answered so."""
    with contextlib.ExitStack() as stack:

        def run(script, keys="", *args, config=""):
            server = stack.enter_context(raw_server({"/": script}))
            return run_steps(f"- {{name: s, url: '{server.url}/', {keys}}}", *args, config=config)

        yield run


def body(text, content_type="application/json", *headers):
    content = text if isinstance(text, bytes) else text.encode()
    return answer(content, f"Content-Type: {content_type}", *headers)


NO_JSON = {
    "trailing comma": ('{"error": "boom",}', "line 1, column 1"),
    "cut off": ('{"error": "bo', "line 1, column 11"),
    "cut off between": ('{"error": "boom", "a": [1, 2', "line 1, column 29, at its end"),
    "NaN": ('{"error": 1, "v": NaN}', "line 1, column 19, at 'NaN'"),
    "Infinity": ('{"error": -Infinity}', "line 1, column 11"),
    "twice": ('{"a": 1, "error": 1,\n "error": 2}', "line 2, column 2"),
    "two": ('{"error": 1}\n{"error": 2}', "line 2, column 1, at '{'"),
    "HTML": ("<html>error</html>", "line 1, column 1, at '<html'"),
    "text": ("error", "line 1, column 1, at 'error'"),
    "empty": ("", "it is empty"),
    "blank": (" \n", "it is empty"),
    "deep": ("[" * 100_000, "nested too deeply"),
    "bytes": (b'{"error": "\xd5\xc5"}', "line 1, column 12: the byte 0xD5 is not UTF-8"),
}
#: none of these may pass on such a body.
READING = [
    "{exists: [$.error, false]}",
    "{exists: [$.error, true]}",
    "{eq: [$.error, boom]}",
    "{ne: [$.error, boom]}",
    "{not_contains: [$.a, x]}",
    "{len_eq: ['$.a[*]', 0]}",
    "{exists: [$..error, false]}",
    "{type: exists, path: $.error, expect: false, source: body}",
    "{type: exists, path: $.body.error, expect: false, source: response}",
    "{type: exists, path: $..error2, expect: false, source: response}",
    "{exists: [$.body.error, false]}",
    "{type: not, sub_validations: [{exists: [$.error, true]}]}",
    "{type: or, sub_validations: [{exists: [$.error, false]}]}",
]
#: of the whole body, which is none.
READING_THE_WHOLE = [
    "{ne: [$, []]}",
    "{len_gt: [$, 0]}",
    "{type: [$, string]}",
    "{not_contains: [$, x]}",
    "{is_empty: [$, false]}",
    "{is_null: [$, false]}",
    "{exists: [$, true]}",
    "{type: ne, path: $.body, expect: {}, source: response}",
]


@pytest.mark.parametrize("case", NO_JSON)
def test_a_body_that_claims_to_be_json_and_is_not_passes_no_check(ask, case):
    """A3"""
    text, where = NO_JSON[case]
    whole = READING_THE_WHOLE if case != "empty" else []
    run = ask(body(text), f"validations: [{', '.join(READING + whole)}]")

    checks = run.steps["s"]["validations"]
    assert [check["passed"] for check in checks] == [False] * len(READING + whole)
    for check in checks:
        assert "the body is not JSON: " in check["error"], check
        assert where in check["error"]
    info = run.steps["s"]["error_info"]
    assert (info["type"], info["category"]) == ("ValidationError", "parsing")


EXTRACTORS = [
    "{name: x, path: $.error}",
    "{name: x, path: $.error, default: none}",
    "{name: x, path: $.error, required: false}",
    "{name: x, path: $..error}",
    "{name: x, path: $}",
    "{name: x, type: body}",
]


@pytest.mark.parametrize("case", NO_JSON)
def test_nor_is_anything_extracted_from_it(run_steps, case):
    text, where = NO_JSON[case]
    # the whole of nothing is nothing
    extractors = [one for one in EXTRACTORS if case != "empty" or "error" in one]
    with raw_server({"/": body(text)}) as server:
        step = f"- {{url: '{server.url}/', name: "
        run = run_steps("".join(f"{step}'{one}', extractors: [{one}]}}\n" for one in extractors))

    for one in extractors:
        info = run.steps[one]["error_info"]
        assert info["category"] == "parsing", one
        assert "extractor 'x': the body is not JSON: " in info["message"], one
        assert where in info["message"], one


def test_its_text_can_still_be_read(ask):
    run = ask(
        body('{"error": "boom",}'),
        """validations: [
            {type: contains, source: text, expect: boom}, {type: regex, source: text, expect: 'error": "b'},
            {status_code: 200}, {eq: [$.headers.content-type, application/json]}, {gt: [$.size, 5]},
            {eq: [$, '{"error": "boom",}']}, {contains: [$, boom]}, {startswith: [$, '{']},
        ], extractors: [{name: word, type: regex, path: 'error": "(\\w+)'}]""",
    )

    assert run.outcomes == {"passed": 1}, run.stdout
    assert run.steps["s"]["extracted_vars"] == {"word": "boom"}


@pytest.mark.parametrize("content_type", ["application/json", "text/html"])
@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_where_no_body_belongs_none_is_missed(ask, status, content_type):
    run = ask(
        answer(b"", f"Content-Type: {content_type}", status=status),
        "validations: [{eq: [$, '']}, {exists: [$.error, false]}]",
    )

    assert run.outcomes == {"passed": 1}, run.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html>boom</html>", "the body is HTML and no JSON; write an XPath such as //error, in"),
        ('{"error": "boom",}', "at that level there is: text"),
    ],
)
def test_no_path_finds_in_other_text_that_something_is_not_there(ask, text, said):
    """It claims to be nothing else: the check fails as one, and its text can be read."""
    run = ask(body(text, "text/html"), f"validations: [{READING[0]}, {{contains: [$, boom]}}]")

    first, second = run.steps["s"]["validations"]
    assert not first["passed"]
    assert said in first["error"]
    assert second["passed"]
    assert run.steps["s"]["error_info"]["category"] == "assertion"


#: none of these may pass on a body without text that says "error" somewhere.
DENYING = [
    "{not_contains: [$, error]}",
    "{type: not_contains, source: text, expect: error}",
    "{exists: [$.error, false]}",
    "{exists: [$.body.error, false]}",
    "{exists: $.base64}",
    "{exists: $.body.base64}",
    "{exists: [$..error, false]}",
    "{not: [{regex: [$, error]}]}",
    "{not: [{contains: [$, error]}]}",
    "{not: [{type: contains, source: text, expect: error}]}",
    "{type: [$, dict]}",
    "{schema: [$, {type: object}]}",
    "{contains: [$, base64]}",
    "{ne: [$, 错误]}",
    "{not_in: [$, [错误]]}",
    "{not_contains: [$, 错误]}",
    "{type: not_contains, source: text, expect: 错误}",
    "{not: [{contains: [$, 错误]}]}",
]
GBK = "error: 错误".encode("gbk")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (GBK, "text/html"),
        (GBK, "application/xml"),
        (GBK, ""),
        ("error: é".encode("latin-1"), "text/plain"),
        (GBK, "text/csv"),
        (GBK, "application/octet-stream"),
        (b"error \xff", "image/png"),
    ],
)
def test_no_bytes_are_a_mapping_in_which_nothing_is_found(ask, content, content_type):
    run = ask(body(content, content_type), f"validations: [{', '.join(DENYING)}]")

    checks = run.steps["s"]["validations"]
    assert [check["passed"] for check in checks] == [False] * len(DENYING), checks


def test_text_that_is_not_utf_8_is_read_with_marks_and_the_step_says_so(ask):
    run = ask(
        body(GBK, "text/html"),
        r"""validations: [{contains: [$, error]}, {startswith: [$, 'error: ']}, {type: [$, str]},
            {not_contains: [$, absent]}, {type: not_contains, source: text, expect: absent},
            {not: [{regex: [$, absent]}]}, {type: regex, source: text, expect: 'error'}],
            extractors: [{name: word, type: regex, path: '^(\w+):'}]""",
    )

    response = run.steps["s"]["response"]
    assert run.outcomes == {"passed": 1}, run.stdout
    assert run.steps["s"]["extracted_vars"] == {"word": "error"}
    assert response["body"].startswith("error: \ufffd")
    assert response["body_note"] == (
        "line 1, column 8: the byte 0xB4 is not UTF-8; it reads as gbk: write default_encoding: gbk"
    )


@pytest.mark.parametrize(
    ("keys", "config"),
    [
        ("default_encoding: gbk", ""),
        ("default_encoding: '${e}'", "variables: {e: gbk}"),
        ("", "default_encoding: gbk"),
        ("default_encoding: gbk", "default_encoding: big5"),
    ],
)
def test_the_encoding_that_a_server_does_not_name_can_be_written(ask, keys, config):
    unnamed = ask(
        body(GBK, "text/plain"), f"validations: [{{eq: [$, 'error: 错误']}}], {keys}", config=config
    )
    named = ask(
        body("é", "text/plain; charset=utf-8"),
        f"validations: [{{eq: [$, é]}}], {keys}",
        config=config,
    )

    assert (unnamed.outcomes, named.outcomes) == ({"passed": 1}, {"passed": 1})


BINARY = body(b"error \xff", "application/octet-stream")


def test_of_bytes_that_are_no_text_only_what_is_around_them_is_read(ask):
    run = ask(BINARY, "validations: [{status_code: 200}, {eq: [$.size, 7]}, {exists: $.headers}]")

    assert run.outcomes == {"passed": 1}, run.stdout
    assert run.steps["s"]["response"]["body"] == {"base64": "ZXJyb3Ig/w=="}


@pytest.mark.parametrize(
    "extractor", [*EXTRACTORS, "{name: x, type: regex, path: none, default: none}"]
)
def test_nothing_is_extracted_from_bytes(ask, extractor):
    run = ask(BINARY, f"extractors: [{extractor}]")

    assert "extractor 'x': the body is bytes that are no text" in run.error("s")


@pytest.mark.parametrize(
    "condition",
    [
        "not ('error' in ${body})",
        "${body} != 'error'",
        "not (${response.body} is defined)",
        "${response['body']} | length > 0",
        "${response.get('body')} != 1",
        "${body.base64} != ''",
    ],
)
def test_no_condition_holds_of_bytes(run_steps, condition):
    with raw_server({"/": BINARY}) as server:
        run = run_steps(
            f"- {{name: s, type: poll, request: {{url: '{server.url}/'}}, max_attempts: 1,"
            f' until: "{condition}"}}'
        )

    assert run.outcomes == {"failed": 1}, run.stdout
    assert "the body is bytes that are no text" in run.error("s")


@pytest.mark.parametrize("script", [BINARY, body(GBK, "text/html"), body("", "text/html")])
def test_a_wait_finds_in_no_such_body_that_something_is_not_there(run_steps, script):
    checks = "{exists: [$.body.error, false]}, {not: [{exists: $.body.base64}]}"
    with raw_server({"/": script}) as server:
        run = run_steps(
            f"- {{name: w, type: wait, request: {{url: '{server.url}/'}},"
            f' condition: "${{status_code}} == 200", validations: [{checks}]}}'
        )

    assert [check["passed"] for check in run.steps["w"]["validations"]] == [False, False]


def test_a_later_condition_reads_nothing_in_bytes(run_steps):
    with raw_server({"/": BINARY}) as server:
        run = run_steps(
            f"- {{name: s, url: '{server.url}/', validations: [{{status_code: 200}}]}}\n"
            "- {name: later, type: wait, seconds: 0, skip_if: \"'error' not in ${response.body}\"}"
        )

    assert run.outcomes == {"failed": 1}, run.stdout
    assert "the body is bytes that are no text" in run.error("later")


def test_a_head_has_no_body_and_none_is_missed(run_steps, server):
    run = run_steps(
        "- {name: s, method: HEAD, url: /raw, validations: [{exists: [$.error, false]}]}"
    )

    assert run.outcomes == {"passed": 1}, run.stdout


@pytest.mark.parametrize("content_type", ["text/html", "application/octet-stream", ""])
def test_in_no_text_nothing_is_missing(ask, content_type):
    """As in other text, and in JSON that is empty."""
    run = ask(
        body("", content_type),
        "validations: [{eq: [$, '']}, {is_empty: $}, {exists: [$.error, false]},"
        " {exists: [$.body.error, false]}, {exists: [$..error, false]}]",
    )

    checks = run.steps["s"]["validations"]
    assert [check["passed"] for check in checks] == [True, True, False, False, False], checks


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf8mb4",
        "application/json; charset=binary",
        "application/json; charset=none",
        "application/json; charset=undefined",
        "application/json; charset=punycode",
        "application/json; charset=",
        "application/json;charset",
        'application/problem+json; charset="UTF-8"',
    ],
)
def test_json_is_utf_8_whatever_is_claimed(ask, content_type):
    """B5"""
    run = ask(body('{"name": "张三"}', content_type), "validations: [{eq: [$.name, 张三]}]")

    assert run.outcomes == {"passed": 1}, run.stdout


def test_json_of_a_known_charset_is_of_that(ask):
    run = ask(
        body('{"name": "张三"}'.encode("gbk"), "application/json; charset=gbk"),
        "validations: [{eq: [$.name, 张三]}]",
    )

    assert run.outcomes == {"passed": 1}, run.stdout


def test_a_charset_that_is_not_known_is_named_where_it_hurts(ask):
    run = ask(
        body("订单".encode("gbk"), "text/plain; charset=punycode"), "validations: [{eq: [$, 订单]}]"
    )
    json_run = ask(
        body('{"a": "订单"}'.encode("gbk"), "application/json; charset=punycode"),
        "validations: [{eq: [$.a, 订单]}]",
    )

    assert "\ufffd" in run.steps["s"]["response"]["body"]
    for one in (run, json_run):
        assert "the charset 'punycode' is not known: read as UTF-8" in one.error("s")
        assert "the byte 0xB6 is not UTF-8" in one.error("s")


def test_text_of_a_headers_bytes(ask):
    """B8"""
    run = ask(
        [
            answer(
                b"{}",
                "X-Name: 张三".encode(),
                "X-Old: é".encode("latin-1"),
                "Set-Cookie: who=张三; Path=/".encode(),
            )
        ],
        "validations: [{eq: [$.headers.x-name, 张三]}, {eq: [$.headers.x-old, é]}, {eq: [$.cookies.who, 张三]}]",
    )

    assert run.outcomes == {"passed": 1}, run.stdout


def test_every_header_line_is_there_in_order(ask):
    run = ask(
        answer(b"{}", "X-A: 1", "Link: </a>", "X-A: 2", "link: </b>"),
        """validations: [
            {eq: ["$.headers_list[?(@[0]=='X-A')][1]", ['1', '2']]},
            {type: eq, source: response, path: $.headers_list, expect: [[X-A, '1'], [Link, </a>], [X-A, '2'], [link, </b>], [Content-Length, '2']]},
            {eq: [$.headers.x-a, '1, 2']},
        ]""",
    )

    assert run.outcomes == {"passed": 1}, run.stdout


class TestEncodings:
    def test_br_and_zstd_are_undone(self, ask):
        """B14"""
        brotli, zstd = pytest.importorskip("brotli"), pytest.importorskip("backports.zstd")
        for name, module in (("br", brotli), ("zstd", zstd)):
            script = body(
                module.compress(b'{"a": 1}'), "application/json", f"Content-Encoding: {name}"
            )
            run = ask(script, "validations: [{eq: [$.a, 1]}]")
            assert run.outcomes == {"passed": 1}, run.stdout

    @pytest.mark.parametrize(
        ("name", "help_"),
        [
            ("zstd", "which needs backports.zstd"),
            ("br", "which needs brotli"),
            ("x-own", "not known"),
        ],
    )
    def test_what_cannot_be_undone_is_named(self, ask, monkeypatch, name, help_):
        from pytest_sisyphus.http import encodings

        known = {key: value for key, value in encodings._DECOMPRESSORS.items() if key != name}
        monkeypatch.setattr(encodings, "_DECOMPRESSORS", known)
        run = ask(
            body(b"\x28\xb5\x2f\xfd\xff\xfe", "application/json", f"Content-Encoding: {name}"),
            "validations: [{status_code: 200}, {exists: [$.error, false]}]",
        )

        assert f"the body is encoded as '{name}', " in run.error("s")
        assert help_ in run.error("s")
        assert run.steps["s"]["validations"][0]["passed"]

    def test_what_is_not_found_in_bytes_may_be_there(self, ask, monkeypatch):
        from pytest_sisyphus.http import encodings

        monkeypatch.setattr(encodings, "_DECOMPRESSORS", {})
        run = ask(
            body(gzip.compress(b"an error"), "text/plain", "Content-Encoding: gzip"),
            "validations: [{type: not_contains, source: text, expect: error}],"
            " extractors: [{name: x, type: regex, path: error, default: none}]",
        )

        assert "the body is encoded as 'gzip'" in run.error("s")
        assert not run.steps["s"]["validations"][0]["passed"]
        assert "extracted_vars" not in run.steps["s"]

    def test_a_name_of_no_encoding_hides_no_text(self, ask):
        run = ask(
            body('{"a": 1}', "application/json", "Content-Encoding: utf-8"),
            "validations: [{eq: [$.a, 1]}]",
        )

        assert run.outcomes == {"passed": 1}, run.stdout

    def test_a_bomb_fails_the_step(self, ask):
        """B17"""
        script = body(gzip.compress(bytes(5_000_000)), "application/json", "Content-Encoding: gzip")
        run = ask(script, "validations: [{status_code: 200}]", "-o", "sisyphus_max_decoded=1000000")

        info = run.steps["s"]["error_info"]
        assert info["category"] == "parsing"
        assert "larger than 1000000 bytes after decoding gzip" in info["message"]
        assert "sisyphus_max_decoded" in info["suggestion"]


def test_the_answer_of_a_step_is_never_the_one_before(run_steps):
    """A1"""
    late = [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 0.05, body('{"code": 0}')]
    broken = answer(b"{}", status="500 Broken")
    with raw_server({"/early": late, "/broken": broken}) as server:
        run = run_steps(
            f"- {{name: early, url: '{server.url}/early', validations: [{{status_code: 200}}]}}\n"
            f"- {{name: broken, url: '{server.url}/broken', validations: [{{status_code: 200}}]}}"
        )

    assert run.steps["early"]["status"] == "success"
    assert "500" in run.error("broken")


@pytest.mark.parametrize("where", ["step", "profile", "config"])
def test_given_proxies_replace_the_environments(run_steps, server, monkeypatch, where):
    """B9"""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    config = {
        "step": "",
        "config": "proxies: {}",
        "profile": "active_profile: p\nprofiles: {p: {proxies: {https: 'http://127.0.0.1:1'}}}",
    }[where]
    step = "- {name: s, url: /anything, validations: [{status_code: 200}], "
    run = run_steps(step + ("proxies: {}}" if where == "step" else "}"), config=config)

    assert run.outcomes == {"passed": 1}, run.stdout


def test_a_wait_says_what_it_saw(run_steps):
    checks = ", ".join(
        f"{{exists: [{path}, false]}}" for path in ("$.body.error", "$..error", "$.body", "$.error")
    )
    with raw_server({"/": body('{"state": "done",}')}) as server:
        run = run_steps(
            f"- {{name: w, type: wait, request: {{url: '{server.url}/'}},"
            f' condition: "${{status_code}} == 200", validations: [{checks}]}}'
        )

    seen = [
        (check["passed"], "the body is not JSON" in check["error"])
        for check in run.steps["w"]["validations"]
    ]
    assert seen == [(False, True)] * 3 + [(True, False)]
    assert run.steps["w"]["error_info"]["category"] == "parsing"


@pytest.mark.parametrize(
    "value",
    ["inf", "nan", "-5", "9" * 400, "٣", "1e9", "Fri, 31 Dec 9999 23:59:59 GMT", "soon", ""],
)
def test_no_retry_after_keeps_a_step_away_for_longer_than_its_policy(run_steps, value):
    line = f"Retry-After: {value}".encode()
    with raw_server({"/": answer(b"{}", line, status="503 Busy")}) as server:
        run = run_steps(
            f"- {{name: s, url: '{server.url}/', validations: [{{status_code: 200}}],"
            " retry_policy: {max_attempts: 1, strategy: fixed, base_delay: 0, max_delay: 0.05}}"
        )

        assert len(server.asked) == 2
    assert run.steps["s"]["attempts"][0]["delay"] <= 0.05


def test_a_poll_says_what_it_polled(run_steps):
    with raw_server({"/": body('{"state": "done",}')}) as server:
        run = run_steps(
            f"- {{name: p, type: poll, request: {{url: '{server.url}/'}}, until: \"${{status_code}} == 200\","
            " max_attempts: 1, validations: [{exists: [$.error, false]}]}"
        )

    assert "the body is not JSON: line 1" in run.error("p")


CHALLENGES = {
    'Digest realm="r", nonce="n", qop="auth"': "",
    'digest realm="r",nonce="n"': "",
    'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth,auth-int"': "",
    "Digest": "lacks realm and nonce",
    "Digest ": "lacks realm and nonce",
    'Digest realm="r"': "lacks nonce",
    'Digest realm="r", nonce="n", algorithm=ROT13': "asks for algorithm 'ROT13'",
    'Digest realm="r", nonce="n", qop="auth-int"': "asks for qop 'auth-int'",
    'Digest realm="r, nonce=n': "lacks nonce",
    "Digest " + "a=b, " * 5000: "lacks realm and nonce",
    'Digest realm="\xe9", nonce="\xff"': "",
    "Basic realm=r": "",
    "nonsense": "",
}


@pytest.mark.parametrize("challenge", CHALLENGES, ids=range(len(CHALLENGES)))
def test_a_challenge_of_digest_is_the_servers_word(ask, challenge):
    """Where it can be answered the answer is the step's; else it says why it cannot."""
    line = f"WWW-Authenticate: {challenge}".encode("latin-1")
    run = ask(
        answer(b"{}", line, status="401 No"),
        "auth: {type: digest, username: u, password: p}, validations: [{status_code: 401}]",
    )

    if expected := CHALLENGES[challenge]:
        info = run.steps["s"]["error_info"]
        assert (info["type"], info["category"]) == ("HTTPError", "network")
        assert f"the Digest challenge of WWW-Authenticate {expected}" in info["message"]
    else:
        assert run.outcomes == {"passed": 1}, run.stdout
