"""Secrets in XML and HTML, by the names of elements and attributes."""

import pytest

from pytest_sisyphus.redact import Redactor


@pytest.mark.parametrize(
    "text",
    [
        "<r><user>Ann Other</user><password>abc&amp;def1</password></r>",
        "<r><user>Ann Other</user><s:Token xmlns:s='urn:x'>\n  abc&amp;def1\n</s:Token></r>",
        "<r><user>Ann Other</user><token><![CDATA[abc&def1]]></token></r>",
        '<r><user>Ann Other</user><token a="1>2">abc<!-- <x -->&#38;<b>def1</b></token></r>',
        "<r><credentials><key>abc&amp;def1</key></credentials><user>Ann Other</user></r>",
        "<r><user api_key='abc&amp;def1'>Ann Other</user></r>",
        "<r><user>Ann Other</user><entry key='password'>abc&amp;def1</entry></r>",
        "<p>Ann Other<input type=hidden name=csrf_token value=abc&amp;def1><p>x",
        "<meta name='csrf-token' content='abc&amp;def1' /><p>Ann Other",
        "<p>Ann Other<token>abc&amp;def1",
        "<p don't>Ann Other<a b=><token>abc&amp;def1</token>",
    ],
)
def test_what_stands_under_secret_names_is_learned_as_it_is_read(text):
    redactor = Redactor()
    redactor.learn_markup(text)

    assert redactor.text("got abc&def1 of Ann Other") == "got *** of Ann Other"


@pytest.mark.parametrize(
    "text",
    [
        "<input name=token><p>Ann Other</p><input name=token><p>Ann Other</p>",
        "<token/><p>Ann Other</p><token value='x1y2z3' />Ann Other",
        "<monkey>Ann Other</monkey><!-- <token>Ann Other</token> -->",
        "<token>x1y2z3</token><b>Ann Other</b><token>x1y2z3</token>Ann Other",
        "<token><token>x1y2z3</token>x1y2z3</token><b>Ann Other</b>",
        "< token>Ann Other</token>",
    ],
)
def test_what_stands_beside_them_is_not(text):
    redactor = Redactor()
    redactor.learn_markup(text)

    assert redactor.text("Ann Other") == "Ann Other"


@pytest.mark.parametrize(
    "piece",
    ["<token>", "<!--", "<![CDATA[", "<?", '<a b="', "<a b='", "<a b=", "<", "</", "<a ", "a", " "],
)
def test_what_is_no_markup_is_read_once(piece):
    """Were a piece looked at again for each other one, this would not end."""
    redactor = Redactor()
    redactor.learn_markup("<a " + piece * 50_000)
    redactor.learn_markup(piece * 50_000)

    assert redactor.text("Ann Other") == "Ann Other"
