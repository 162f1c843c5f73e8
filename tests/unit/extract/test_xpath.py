"""XPath on XML and HTML: what it finds, what it refuses, and what it may cost."""

import json
import sys

import pytest

from pytest_sisyphus.errors import ConfigError, ResponseInvalid
from pytest_sisyphus.extract import xpath

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
    said = xpath.explain_no_match("//form", "<h:form id=f><o:p>x</o:p></h:form>", "html")

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
        ('{"a": 1}', "the body is not XML: Start tag expected"),
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


@pytest.mark.parametrize(
    "path",
    [
        "//*[count(//*[count(//*) > 0]) > 0]",
        "//*[. = //*]",
        "//b/following::b/preceding::b",
        "//*[preceding::*[following::*]]",
        "//item[../item[../item]]",
        "//*[/r/item/a/b]",
        "//*/ancestor::*/descendant::*/ancestor::*/descendant::*[//b]",
        "//item[(//a)[1]]",
        "/*/child::*[contains(.//text()/preceding::b/.., 'z')]//price[1]",
        "/r/item[following-sibling::item/preceding-sibling::item]",
    ],
)
def test_what_might_take_minutes_is_refused(path):
    with pytest.raises(ConfigError, match=r"might visit .* nodes, and 5e\+07 is the most"):
        found(path, ROWS)


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("//item[a/b = 'q'][price]/price", 3000),
        ("//price/../a", 3000),
        ("//item[.//b]", 3000),
        ("//b[ancestor::item]", 3000),
        ("(//item)[3]/price | //item[7]/price", 2),
        ("//item[position() = last()]", 1),
        ("/r/item/following-sibling::item[1]", 2999),
    ],
)
def test_what_testers_write_is_none_of_it(path, count):
    assert len(found(path, ROWS)[0]) == count


ORDERED = "<r>" + "".join(f"<a i='{n}'><b>{n}</b></a>" for n in range(5000)) + "</r>"
WIDE = "<r>" + "".join(f"<a i='{n}'><b>{n}</b></a>" for n in range(60_000)) + "</r>"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("count(/r/a[count(/r/a[@i = 7])>1])", ORDERED),
        ("/r/a[@i = /r/a[position() > 1 and @i > 5]/@i]", ORDERED),
        ("count(/r/a/following::b)", ORDERED),
        ("/r/a[@i = preceding-sibling::a/@i]", ORDERED),
        ("/r/a[not(preceding-sibling::a)]", ORDERED[:50_001].rpartition("<a ")[0] + "</r>"),
        ("count(/r/a/preceding-sibling::a)", ORDERED[:60_001].rpartition("<a ")[0] + "</r>"),
        ("count(/r/a/b | /r/a/b)", WIDE),
        ("/r/a/@i[. > 30000] < /r/a/@i[. < 30000]", WIDE),
        ("/r/a/@i[. > 30000] != /r/a/@i[. < 30000]", WIDE),
        ("count(/r/a[sum(/r/a/@i) = 1])", WIDE),
        ("count(/r/a[. = /r/a])", WIDE),
        ("count(/r/a/following::*)", WIDE),
    ],
)
def test_nodes_that_are_paired_or_put_in_order_count(path, text):
    with pytest.raises(ConfigError, match="might visit"):
        found(path, text)


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("count(//a)", (60_000,)),
        ("/r/a[@i='7']/b", ("7",)),
        ("//a[b > 59998]/b", ("59999",)),
        ("/r/a[@i = '5' or b = '6']/@i", ("5", "6")),
        ("/r/a[position() = last()]/b", ("59999",)),
    ],
)
def test_ordinary_paths_work_on_wide_bodies(path, matches):
    assert found(path, WIDE)[0] == matches


def test_deep_bodies_count_their_depth(monkeypatch):
    deep = "<r>" + ("<a>" * 200 + "t" + "</a>" * 200) * 300 + "</r>"
    monkeypatch.setattr(xpath, "_MOST_PIECES", 50_000)

    with pytest.raises(ConfigError, match="might visit"):
        found(".//node()/parent::node()/descendant-or-self::node()", deep)
    with pytest.raises(ConfigError, match="whose text has more than 50000 pieces in all"):
        found("//a", deep)
    assert found("count(//a)", deep) == ((60_000,), False)


def test_long_text_counts_as_well():
    text = f"<r>{'<i/>' * 2000}<t>{'x' * 3_000_000}</t></r>"

    assert len(found("//t[contains(., 'x')]", text)[0]) == 1
    with pytest.raises(ConfigError, match="might visit"):
        found("//i[contains(string(/r), 'y')]", text)


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
    check = f"{{source: xml, path: number(//no), type: {check}}}"

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
