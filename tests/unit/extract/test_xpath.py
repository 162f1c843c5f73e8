"""XPath on XML and HTML: what it finds, what it refuses, and what it may cost."""

import json
import sys

import pytest

from pytest_sisyphus.errors import ConfigError, ResponseInvalid
from pytest_sisyphus.extract import xpath, xpath_process
from pytest_sisyphus.extract.xpath_cost import most_visits
from pytest_sisyphus.scripting import process

ORDERS = (
    '<?xml version="1.0" encoding="GBK"?><o:orders xmlns:o="urn:o" xmlns:p="urn:p">'
    '<item id="1"><price>3</price><!-- c --></item><item id="2"><price>5<b>0</b></price></item>'
    "<p:note>中</p:note></o:orders>"
)
PAGE = "<!DOCTYPE html><title>T</title><h1>Hi <b>you</b></h1><p class=x>a<p>b"


def found(path, text=ORDERS, kind="xml", **namespaces):
    return xpath.find(path, xpath.as_namespaces(namespaces), text, kind)


@pytest.mark.parametrize(
    ("path", "matches", "several"),
    [
        ("//item/@id", ("1", "2"), True),
        ("//price", ("3", "50"), True),
        ("//item[@id='1']/price", ("3",), True),
        ("/o:orders/p:note/text()", ("中",), True),
        ("//itm", (), True),
        ("//comment()", (" c ",), True),
        ("count(//item)", (2,), False),
        ("sum(//price) div 2", (26.5,), False),
        ("string(//price)", ("3",), False),
        ("boolean(//itm)", (False,), False),
        ("//item[contains(., 'x:y')]", (), True),
        ("//*[local-name() = 'note']", ("中",), True),
    ],
)
def test_what_is_found(path, matches, several):
    assert found(path, o="urn:o", p="urn:p") == (matches, several)


@pytest.mark.parametrize(
    ("path", "matches"), [("//h1", ("Hi you",)), ("//p", ("a", "b")), ("//p/@class", ("x",))]
)
def test_html_as_browsers_read_it(path, matches):
    assert found(path, PAGE, "html") == (matches, True)


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("//p", ("Dear",)),
        ("//*[name() = 'o:p']", (" you",)),
        ("//form//i", ()),
        ("//*[name() = 'h:form']/@id", ("f",)),
    ],
)
def test_html_with_colons_in_the_names_of_its_elements(path, matches):
    page = "<p>Dear</p><o:p> you</o:p><h:form id=f><svg:a>x</svg:a></h:form>"

    assert found(path, page, "html") == (matches, True)


def test_what_matches_nothing_names_elements_with_a_colon():
    said = xpath.explain_no_match("//form", (), "<h:form id=f><o:p>x</o:p></h:form>", "html")

    assert "h:form" in said
    assert "o:p" in said


@pytest.mark.parametrize(
    ("content_type", "text", "kind"),
    [
        ("text/html; charset=utf-8", "<a/>", "html"),
        ("application/xhtml+xml", PAGE, "xml"),
        ("application/soap+xml", PAGE, "xml"),
        ("", PAGE, "html"),
        ("text/plain", "<html>", "html"),
        ("", "<a/>", "xml"),
    ],
)
def test_what_a_body_is_read_as(content_type, text, kind):
    assert xpath.kind_of_body(content_type, text) == kind


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<a><b></a>", "the body is not XML: Opening and ending tag mismatch"),
        ("", "the body is not XML: Document is empty"),
        (
            '{"a": 1}',
            r"not XML: Start tag expected.* \(it looks like JSON, which a JSONPath such as",
        ),
        ("<!DOCTYPE html><p>a<br>", r"not XML: .* \(it looks like HTML, which source: html reads"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "declares entities, which are never expanded"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "never expanded"),
        ('<!DOCTYPE a [<!ENTITY % x SYSTEM "http://x.test/d">%x;]><a/>', "never expanded"),
        (
            '<!DOCTYPE a SYSTEM "http://x.test/d"><a>&n;</a>',
            "the entity &n;, which is never expanded",
        ),
        ("<a>" * 300 + "</a>" * 300, "the body is not XML: Excessive depth"),
    ],
)
def test_what_is_no_xml_or_asks_for_more_than_itself(text, error):
    with pytest.raises(ResponseInvalid, match=error):
        found("//a", text)


def test_entities_that_multiply_are_not_expanded():
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))

    with pytest.raises(ResponseInvalid, match=r"declares entities|Maximum entity amplification"):
        found("//a", f'<!DOCTYPE a [<!ENTITY l0 "ha">{lines}]><a>&l8;</a>')


def test_a_huge_body_is_refused_unread(monkeypatch):
    monkeypatch.setattr(xpath, "_LARGEST", 100)

    with pytest.raises(ConfigError, match="the body has 107 characters; XPath reads 100 at most"):
        found("//a", f"<a>{'x' * 100}</a>")


ROWS = "<r>" + "<item><price>1</price><a><b>q</b></a></item>" * 3000 + "</r>"
ORDERED = "<r>" + "".join(f"<a i='{n}'><b>{n}</b></a>" for n in range(5000)) + "</r>"
TABLE = (
    "<!doctype html><table>"
    + "".join(f"<tr class=r><td>{n}<td><a href=/x/{n}>n{n}</a>" for n in range(4000))
    + "</table>"
)


@pytest.fixture
def in_this_process(monkeypatch):
    def refuse(program):
        pytest.fail(f"a process was started for {program.request['arguments'][0]}")

    monkeypatch.setattr(xpath_process, "run", refuse)


@pytest.mark.parametrize(
    "path",
    [
        "//*[count(//*[count(//*) > 0]) > 0]",
        "//b/following::b/preceding::b",
        "/*/child::*[contains(.//text()/preceding::b/.., 'z')]//price[1]",
    ],
)
def test_what_takes_minutes_is_stopped(monkeypatch, path):
    monkeypatch.setattr(xpath_process, "_SECONDS", 1)

    with pytest.raises(ConfigError, match=r"was stopped after 1 s of computing.*about 25322 nodes"):
        found(path, ROWS)


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("//item[a/b = 'q'][price]/price", 3000),
        ("//item[b or price and a]/a", 3000),
        ("(//item)[3] | //item[7]/price", 2),
        ("//item[position() = last()]", 1),
        ("//item[3][count(a) = 1]/price[. > 0]", 1),
        ("//price[normalize-space(text()) = '1'][2 > 1]", 3000),
    ],
)
@pytest.mark.usefixtures("in_this_process")
def test_what_only_goes_down_is_evaluated_at_once(path, count):
    body = ROWS if "|" not in path else ROWS[:10_000].rpartition("<item>")[0] + "</r>"

    assert len(found(path, body)[0]) == count


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("//tr[td = 7]/td[2]/a/@href", ("/x/7",)),
        ("//tr[last()]/td[last()]", ("n3999",)),
        ("count(//td | //a)", (12_000,)),
        ("count(//tr[.//a])", (4000,)),
        ("//td[. = 7]/..", ("7n7",)),
        ("//a[. = 'n7']/ancestor::tr/td[1]", ("7",)),
        ("//td[. = 7]/following-sibling::td", ("n7",)),
        ("//tr[td[1] = 7]/preceding-sibling::tr[1]/td[1]", ("6",)),
        ("//td[text() = '7']/following::a[1]/@href", ("/x/7",)),
        ("count(//tr[1]/following-sibling::tr)", (3999,)),
        ("count(//table//tr//a)", (4000,)),
        ("count(//a/ancestor::tr[1])", (4000,)),
        ("//*[count(.//tr) > 5][1]/@class", ()),
    ],
)
def test_what_testers_ask_a_table_for(path, matches):
    assert found(path, TABLE, "html")[0] == matches


#: bodies whose shapes make different expressions slow.
SHAPES = (
    ORDERED,
    "<r>" + ("<a>" * 100 + "<b/>" + "</a>" * 100) * 50 + "</r>",
    f"<r>{'<a/>' * 2000}<b>{'x' * 1_000_000}</b></r>",
    "<r>" + ("<a>" + "<b>x</b>" * 100 + "</a>") * 100 + "</r>",
)


@pytest.mark.parametrize("text", SHAPES, ids=["flat", "deep", "text", "wide"])
@pytest.mark.parametrize(
    "path",
    [
        "//*[.//*[.//*]]",
        "//.//self::*",
        "//*//*",
        "//a/..//b",
        "//*[. = //*]",
        "//*[/r/a/b]",
        "//a[(//b)[1]]",
        "//b[a/text()/.. = ../b]",
        "count(/r/a[count(/r/a[@i = 7])>1])",
        "/r/a[@i = /r/a[position() > 1 and @i > 5]/@i]",
        "/r/a[@i = preceding-sibling::a/@i]",
        "/r/a[not(preceding-sibling::a)]",
        "count(/r/a/preceding-sibling::a)",
        "count(/r/a/following::*)",
        "count(/r/a/b | /r/a/b)",
        "/r/a/@i[. > 30000] != /r/a/@i[. < 30000]",
        "count(/r/a[sum(/r/a/@i) = 1])",
        "//*[contains(string(/r), 'y')]",
        "//* | //text() | //@*",
        ".//node()/parent::node()/descendant-or-self::node()",
    ],
)
def test_what_may_be_slow_is_known_beforehand(path, text):
    """Each takes many times as long as to walk once through the body, in one shape or another."""
    markup = xpath.parse(text, "xml")

    assert most_visits(xpath._LITERAL.sub("''", path), markup) > 500 * markup.nodes


def test_elements_inside_of_each_other_have_a_bounded_text(monkeypatch):
    deep = "<r>" + ("<a>" * 200 + "t" + "</a>" * 200) * 300 + "</r>"
    monkeypatch.setattr(xpath, "_MOST_PIECES", 50_000)

    with pytest.raises(ConfigError, match="whose text has more than 50000 pieces in all"):
        found("//a", deep)
    assert found("count(//a)", deep) == ((60_000,), False)


@pytest.mark.usefixtures("in_this_process")
def test_long_text_is_no_many_nodes():
    text = f"<r>{'<i/>' * 2000}<t>{'x' * 3_000_000}</t></r>"

    assert len(found("//t[contains(., 'x')]", text)[0]) == 1


@pytest.fixture
def apart(monkeypatch):
    monkeypatch.setattr(xpath, "_MOST_VISITS", 0)


@pytest.mark.parametrize(
    ("path", "matches", "several"),
    [
        ("//item/@id", ("1", "2"), True),
        ("/o:orders/p:note", ("中",), True),
        ("count(//item)", (2,), False),
        ("sum(//price) div 4", (13.25,), False),
        ("boolean(//itm)", (False,), False),
        ("string(//p:note)", ("中",), False),
    ],
)
@pytest.mark.usefixtures("apart")
def test_a_process_of_its_own_finds_the_same(path, matches, several):
    assert found(path, o="urn:o", p="urn:p") == (matches, several)


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("number('x')", "reckons is not a number"),
        ("1 div count(//no)", "has no end"),
        ("-1 div count(//no)", "has no end"),
    ],
)
def test_what_is_no_number(monkeypatch, apart, path, said):
    if apart:
        monkeypatch.setattr(xpath, "_MOST_VISITS", 0)

    with pytest.raises(ResponseInvalid, match=said):
        found(path)


NO_PROCESS = "no process can be started for it: /nonexistent/python: No such file or directory"


@pytest.mark.usefixtures("apart")
def test_the_process_says_why_it_finds_nothing(monkeypatch):
    deep = "<r>" + "<a>" * 200 + "t" * 50_000 + "</a>" * 200 + "</r>"
    monkeypatch.setattr(process, "MAX_RESULT", 100_000)

    with pytest.raises(ConfigError, match="cannot be evaluated: it finds more than 64 MiB"):
        found("//a", deep)
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(ConfigError, match=NO_PROCESS):
        found("//a", deep)


def test_without_lxml_the_extra_is_named(monkeypatch):
    xpath.compile_xpath.cache_clear()
    monkeypatch.setitem(sys.modules, "lxml", None)

    with pytest.raises(ConfigError, match=r"lxml: pip install 'pytest-sisyphus\[xml\]'"):
        xpath.compile_xpath("//a")


def ran_with(engine, check, body=ORDERS, content_type="application/xml", extractors="{}"):
    return engine.run(
        f"""
        - name: s
          url: http://x/
          mock:
            rules: [{{response: {{headers: {{Content-Type: {content_type}}}, body: {json.dumps(body)}}}}}]
          validations: [{check}]
          extractors: {extractors}
        """,
        config="variables: {id: 2, uri: 'urn:p', empty: ''}",
    )


@pytest.mark.parametrize(
    "check",
    [
        "{type: eq, source: xml, path: \"//item[@id='${id}']/price\", expect: '50'}",
        "{gt: {source: xml, path: '//item[1]/price', expect: 2}}",
        "{type: len_eq, source: xml, path: //item, expect: 2}",
        "{type: exists, source: xml, path: //itm, expect: false}",
        "{type: eq, source: xml, path: count(//item), expect: 2}",
        "{type: eq, source: xml, path: //n:note, expect: 中, namespaces: {n: '${uri}'}}",
        "{type: same_members, source: xml, path: //item/@id, expect: ['2', '1']}",
        "{type: each, source: xml, path: //item/price, sub_validations: [{ge: [$, 3]}]}",
        "{type: each, source: xml, path: '//item[1]/price', sub_validations: [{eq: [$, '3']}]}",
    ],
)
def test_checks_read_it(engine, check):
    assert ran_with(engine, check).status == "passed"


@pytest.mark.parametrize(
    ("check", "error", "category"),
    [
        (
            "{type: exists, source: xml, path: //note}",
            (
                "no match for //note: 'note' is in a namespace, and a name without a prefix is in "
                "none; write n:note, and namespaces: {n: 'urn:p'}"
            ),
            "assertion",
        ),
        (
            "{type: exists, source: xml, path: //itm}",
            (
                "no match for //itm; in the body there is: item, orders, price, b, note; did you mean "
                "'item'? (namespaces: o = urn:o, p = urn:p; a name without a prefix is in none of them)"
            ),
            "assertion",
        ),
        (
            "{type: eq, source: xml, path: //item/price, expect: ['3']}",
            'Expected ["3"], but got ["3","50"] (at match [1]: expected nothing, but got "50")',
            "assertion",
        ),
        (
            "{type: each, source: xml, path: //item/price, sub_validations: [{lt: [$, 9]}]}",
            'match [1] of 2 does not: lt $: Expected less than 9, but got "50"',
            "assertion",
        ),
        ("{type: eq, source: xml, path: '//item[${id}', expect: 1}", "cannot be read", "system"),
    ],
)
def test_a_failure_says_what_is_there(engine, check, error, category):
    ran = ran_with(engine, check)

    assert error in ran.error("s")
    assert ran.category("s") == category


@pytest.mark.parametrize(
    "path",
    [
        "string(//no)",
        "normalize-space(//no)",
        "concat('a', string(//no))",
        "concat(//item/@id, ' (', //no[1], ')')",
        "substring-after(//no/@x, ':')",
        "string-length(//no)",
        "contains(//no, 'x')",
        "sum(//item[@id = 9]/price)",
        "number(//no)",
        "name(//no)",
        "(string(//no))",
        "sum(//no) + 1",
        "-sum(//no)",
        "2 * sum(//no)",
        "//no = 'x'",
        "//item/@id != //no",
        "string( substring-before ( concat('(', //no), ')' ) )",
        "(sum(//price) - sum(//no)) div 2",
    ],
)
def test_of_what_is_not_there_nothing_is_known(engine, path):
    check = f'{{type: TYPE, source: xml, path: "{path}", expect: 7}}'
    for kind in ("ne", "eq", "not_in"):
        written = check.replace("TYPE", kind).replace("7", "[7]" if kind == "not_in" else "7")
        for one in (written, f"{{not: [{written}]}}"):
            said = ran_with(engine, one).error("s")
            assert f"no match for {path}; in the body there is: " in said
            assert (
                "where it may be missing: exists //a with expect: false, or eq count(//a)" in said
            )
    assert found(path) == ((), False)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("count(//no)", 0),
        ("boolean(//no)", False),
        ("not(//no)", True),
        ("//no or //item", True),
        ("not(//no) and count(//no) = 0", True),
        ("count(//no) + 1", 1),
        ("boolean(//no) = boolean(//item)", False),
        ("//item/@id = '2' or //no = 5", True),
        ("contains(//price[. = 50 or //no], '0')", True),
        ("concat('//no or ', //item/@id)", "//no or 1"),
        ("sum(//price) - count(//item) * 2", 49),
        ("string(//item[1]/comment()/..)", "3"),
        ("concat(//item[1]/price, ', (', count(//no), ')')", "3, (0)"),
        ("concat('a', 'b')", "ab"),
        ("string()", "350中"),
        ("string-length(//item[1]/@id)", 1),
    ],
)
def test_what_asks_whether_it_is_there_and_what_reads_what_is(path, value):
    assert found(path)[0] == (value,)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("//p:nte", "did you mean 'note'?"),
        ("//child::itm[1]", "did you mean 'item'?"),
        ("//q:orders", "there is: orders"),
        ("//p:itm", "exists //p:itm with expect: false, or eq count(//p:itm)"),
        ("//itm/@id = 5", "exists //a with"),
    ],
)
def test_near_names(path, said):
    namespaces = xpath.as_namespaces({"p": "urn:p", "q": "urn:q"})

    assert said in xpath.explain_no_match(path, namespaces, ORDERS, "xml")


@pytest.mark.parametrize("check", ["{len_eq: [PATH, 0]}", "{each: [PATH, [{eq: [$, 1]}]]}"])
def test_nothing_to_count_says_how_to_count(engine, check):
    kind, rest = check.split(": [PATH, ")
    key = "expect" if kind == "{len_eq" else "min: 0, sub_validations"
    written = f"{{type: {kind[1:]}, source: xml, path: //itm, {key}: {rest[:-2]}}}"

    said = ran_with(engine, written).error("s")

    assert "did you mean 'item'?" in said
    assert "exists //itm with expect: false, or eq count(//itm)" in said


@pytest.mark.parametrize("text", [ORDERS, PAGE])
def test_a_jsonpath_on_markup_is_told_what_reads_it(engine, text):
    kind = "html" if text == PAGE else "xml"
    for check in ("{eq: [$.orders.item, 1]}", "{exists: [$..item, false]}"):
        ran = ran_with(engine, check, text, f"text/{kind}", "{v: $.a.b}")
        said = f"the body is {kind.upper()} and no JSON; write an XPath such as "
        assert f"{said}//item, in a check with source: {kind}, in an extractor" in ran.error("s")
        assert f"{said}//b" in ran.error("s")


@pytest.mark.parametrize(
    "keys",
    ["validations: [{eq: [//a, 1]}]", "validations: [{exists: /r/a}]", "extractors: {v: //a/@b}"],
)
def test_an_xpath_without_a_source(engine, keys):
    complaint = engine.complaint(f"- {{name: s, url: /, {keys}}}")

    assert "begins with a slash, as an XPath does: a check reads one with source: xml" in complaint
    assert "a JSON key of that name is $['/" in complaint


def test_a_body_that_is_none_never_passes(engine):
    ran = ran_with(
        engine, "{not: [{type: eq, source: xml, path: //a, expect: 1}]}", "[1]", "application/json"
    )

    assert ran.category("s") == "parsing"
    assert "the body is not XML" in ran.error("s")


def test_extractors_go_by_the_bodys_type(engine):
    keys = "{p: {type: xpath, path: //price}, i: {type: xpath, path: //item/@id, index: 1}, d: {type: xpath, path: //no, default: 5}, n: {type: xpath, path: //x:note, namespaces: {x: '${uri}'}}}"
    ran = ran_with(engine, "{status_code: 200}", extractors=keys)
    page = ran_with(
        engine, "{status_code: 200}", PAGE, "text/html", "{p: {type: xpath, path: //p}}"
    )

    assert ran.steps["s"]["extracted_vars"] == {"p": ["3", "50"], "i": "2", "d": 5, "n": "中"}
    assert page.steps["s"]["extracted_vars"] == {"p": ["a", "b"]}


@pytest.mark.parametrize(
    ("extractor", "error"),
    [
        (
            "{type: xpath, path: //itm}",
            "extractor 'v': no match for //itm; in the body there is: item",
        ),
        ("{type: xpath, path: //item, index: 5}", "index 5 is out of range: //item has 2 matches"),
    ],
)
def test_an_extractor_without_a_match(engine, extractor, error):
    ran = ran_with(engine, "{status_code: 200}", extractors=f"{{v: {extractor}}}")

    assert error in ran.error("s")
    assert ran.category("s") == "parsing"


@pytest.mark.parametrize("path", ["boolean(//a)", "string(//a)", "count(//a)", "//a > 100"])
def test_exists_wants_nodes(engine, path):
    check = f"{{type: exists, source: xml, path: '{path}'}}"
    complaint = engine.complaint(f"- {{name: s, url: /, validations: [{check}]}}")
    ran = ran_with(engine, check.replace("path: '", "path: '${empty}"))

    assert "exists looks for nodes" in complaint
    assert "exists looks for nodes" in ran.error("s")


@pytest.mark.parametrize(
    "check", ["ne, expect: 5", "not_in, expect: [1]", "type, expect: float", "eq, expect: 1"]
)
def test_what_is_not_a_number_passes_no_check(engine, check):
    check = f"{{source: xml, path: 'number(//*[local-name() = ''note''])', type: {check}}}"

    for one in (check, f"{{not: [{check}]}}"):
        assert "is not a number" in ran_with(engine, one).error("s")


@pytest.mark.parametrize("namespaces", ["{x: ''}", "{'': 'urn:x'}"])
def test_namespaces_without_a_prefix_or_a_uri(engine, namespaces):
    check = f"{{type: exists, source: xml, path: //a, namespaces: {namespaces}}}"
    complaint = engine.complaint(f"- {{name: s, url: /, validations: [{check}]}}")

    assert ":" in complaint
    assert "has a prefix and a URI" in complaint


def test_a_namespace_of_a_template_that_is_empty(engine):
    check = "{type: exists, source: xml, path: //a, namespaces: {x: '${empty}'}}"

    assert "has a prefix and a URI" in ran_with(engine, check).error("s")


def test_a_check_called_xpath_is_told_its_form(engine):
    check = "{type: xpath, path: //a, expect: 1}"
    complaint = engine.complaint(f"- {{name: s, url: /, validations: [{check}]}}")

    assert "no check 'xpath'; write {type: eq, source: xml, path: //a" in complaint


def test_a_jsonpath_with_a_source_of_markup(engine):
    complaint = engine.complaint(
        "- {name: s, url: /, validations: [{type: eq, source: xml, path: $.a.b, expect: 1}]}"
    )

    assert (
        "'$.a.b' cannot be read: it is a JSONPath; an XPath is //a, /a/b or count(//a)" in complaint
    )
