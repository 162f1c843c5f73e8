"""Messages: each has its Chinese, with the same placeholders, and what a room raises is a message."""

import ast
import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import pytest_sisyphus
from pytest_sisyphus import errors
from pytest_sisyphus.i18n.zh import catalogue, descriptions, http, libraries
from pytest_sisyphus.redact import redact_text, secret_values

#: nothing is filled in; that each is said is no matter of `tr`: libraries say it, or a JSON Schema
#: (`tests/unit/spec/test_descriptions_zh.py`).
AS_THEY_ARE = {**libraries.CHINESE, **descriptions.CHINESE}
PACKAGE = Path(pytest_sisyphus.__file__).parent
#: calls that show their first argument to people.
_SAID = {"invalid", "warn", "UsageError"}
#: of programmers, of the network's library, or caught where the message is made.
_OF_PROGRAMMERS = {"TypeError", "AttributeError", "AssertionError", "ValueError", "ProxyError"}


@cache
def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules():
    return [path for path in sorted(PACKAGE.rglob("*.py")) if room_of(path) != "i18n"]


def name_of(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def literals(node):
    """The texts that an argument may be: one, or those of `a if … else b`."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def placeholders(text):
    return {
        field.partition(".")[0].partition("[")[0]
        for _, field, *_ in Formatter().parse(text)
        if field
    }


def calls(*names):
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and name_of(node) in names:
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def messages():
    """Each message, with one place where it stands."""
    found = {}
    for place, call in calls("tr", "marked"):
        found |= dict.fromkeys((text for one in call.args[:1] for text in literals(one)), place)
    for place, call in calls("counted"):
        nouns = literals(call.args[1])
        found |= {f"{{number}} {noun}{end}": place for noun in nouns for end in ("", "s")}
    for place, call in calls("option"):
        for keyword in call.keywords:
            if keyword.arg == "help":
                found |= dict.fromkeys(literals(keyword.value), place)
    kinds = [errors.SisyphusError]
    for kind in kinds:
        kinds += kind.__subclasses__()
        if kind.__module__ == errors.__name__:
            found[kind.__doc__] = "errors.py"
    return found


def test_each_message_has_its_chinese():
    missing = {text: place for text, place in messages().items() if text not in catalogue()}
    assert not missing


def test_nothing_is_in_the_catalogue_that_nobody_says():
    assert set(catalogue()) <= set(messages()) | set(AS_THEY_ARE)


def test_both_languages_fill_in_the_same():
    differing = {
        en: zh
        for en, zh in catalogue().items()
        if en not in AS_THEY_ARE and placeholders(en) != placeholders(zh)
    }
    assert not differing


def test_pytest_finds_the_name_in_a_line_about_a_marker():
    lines = {en: zh for en, zh in catalogue().items() if re.match(r"(\{tag\}|\w+\(.*\)): ", en)}
    assert len(lines) >= 2
    assert [en.split(":")[0] for en in lines] == [zh.split(":")[0] for zh in lines.values()]


def test_what_follows_an_address_is_no_part_of_its_secret():
    """A form's value goes on to the next blank."""
    holders = r"\{(url|request)\}"
    chinese = {zh for zh in catalogue().values() if re.search(holders, zh)}
    chinese |= {zh for zh in http.CHINESE.values() if "{what}" in zh}
    assert len(chinese) > 10
    for template in chinese:
        said = re.sub(r"\{(url|request|what)\}", "http://h/?token=abc123", template)
        expected = said.replace("abc123", "***")
        assert redact_text(said) == expected.replace("***:", "***")


def test_a_call_fills_in_what_its_message_has():
    wrong = [
        f"{place}: {sorted(placeholders(text) ^ given)}"
        for place, call in calls("tr")
        for given in [{keyword.arg for keyword in call.keywords}]
        for text in literals(call.args[0])
        if None not in given and placeholders(text) != given
    ]
    assert not wrong


def test_no_message_stands_in_two_modules_of_the_catalogue():
    from pytest_sisyphus.i18n import zh

    seen = {}
    for path in sorted(Path(zh.__file__).parent.glob("[!_]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        table = next(one for one in tree.body if isinstance(one, ast.AnnAssign)).value
        for key in table.keys:
            assert key.value not in seen, f"{key.value!r}: {seen[key.value]} and {path.name}"
            seen[key.value] = path.name


def has_words(node):
    """A text as it is written; messages may be put together without one."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return any(
        isinstance(one, ast.Constant) and re.search("[A-Za-z]", str(one.value)) for one in parts
    )


@pytest.mark.parametrize("room", sorted({*map(room_of, modules())}))
def test_what_a_room_raises_is_a_message(room):
    bare = []
    for path in modules():
        if room_of(path) != room or path.relative_to(PACKAGE).as_posix() in _EXCUSED_FILES:
            continue
        for node in ast.walk(parsed(path)):
            raised = isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
            call = node.exc if raised else node
            if not isinstance(call, ast.Call) or not (raised or name_of(call) in _SAID):
                continue
            if name_of(call) in _OF_PROGRAMMERS:
                continue
            if call.args and has_words(call.args[0]):
                bare.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert not bare


#: two words of a sentence.
_WORDS = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}")
#: calls whose literals are messages, or no text for people.
_NO_BARE = {
    *(
        "AssertionError",
        "ContextVar",
        "Field",
        "ValidationError",
        "_function",
    ),
    *(
        "compile",
        "counted",
        "debug",
        "exception",
        "lazy_pattern",
        "marked",
    ),
    *(
        "of_library",
        "option",
        "removeprefix",
        "split",
        "sub",
    ),
    *(
        "tr",
        "warning",
    ),
}
#: SQL, names of columns, examples of YAML, what `http.client` says, and a program that runs without the package.
_EXCUSED_FILES = {
    *("sql/backends.py", "reporters/csv_file.py", "http/response_reader.py"),
    *("scripting/runner.py", "spec/schema_examples.py", "spec/schema_snippets.py"),
}
#: what the reference says of an extension.
_DESCRIBED = {"description", "example", "short_expect", "keys"}
#: words that are no sentence, and more descriptions.
_TABLES = {
    *("_LABELS", "_AS_IN_JINJA", "_LAZY_IN_JINJA", "_TEXT_METHODS", "_MOMENT_METHODS", "TESTS"),
    *("_OF_A_MOMENT", "CODECS", "_USER_AND_PASSWORD"),
}
#: no messages, or pieces of what stands in `descriptions`.
_EXCUSED = {
    "A case of pytest-sisyphus",
    "Project configuration of pytest-sisyphus",
    "another word for ",
    "!include scalar",
    " of these checks",
    "true false none null undefined not and or if else elif in is contains",
    "<config with ",
    " has no attribute ",
    "a text was expected, not a ",
    "the queue",
    "Unable to connect to proxy",
    "Transfer-Encoding: chunked",
    "start transaction",
    "pip install 'pytest-sisyphus[database]'",
    # of errors whose message nobody reads
    *("not positive", "not NAME=VALUE", "not FORMAT:PATH"),
    "# written by pytest-sisyphus",
    "'; img-src data:; base-uri 'none'; form-action 'none'",
    '<?xml version="1.0" encoding="utf-8"?>\n',
    secret_values._WORDS,
}


def name_of_value(node):
    """That of a constant, or of an argument."""
    if isinstance(node, ast.keyword):
        return node.arg
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return getattr(targets[0], "id", "")


def no_messages(tree):
    """What holds texts that are messages already, or that nobody reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node  # a docstring
        elif isinstance(node, ast.Assert):
            yield node.msg
        elif isinstance(node, ast.Dict):
            yield from node.keys
        elif name_of_value(node) in _TABLES | _DESCRIBED:
            yield node.value
        elif isinstance(node, ast.arg | ast.AnnAssign | ast.FunctionDef):
            yield getattr(node, "annotation", None) or getattr(node, "returns", None)
        elif isinstance(node, ast.Call) and name_of(node) in _NO_BARE:
            yield from (*node.args, *(keyword.value for keyword in node.keywords))
            yield node.func  # the text that is split


@pytest.mark.parametrize("room", sorted({*map(room_of, modules())}))
def test_no_sentence_of_a_room_is_bare(room):
    bare = []
    for path in modules():
        if room_of(path) != room or path.relative_to(PACKAGE).as_posix() in _EXCUSED_FILES:
            continue
        tree = parsed(path)
        around = filter(None, no_messages(tree))
        known = {id(one) for node in around for one in ast.walk(node)}
        bare += [
            f"{path.relative_to(PACKAGE)}:{node.lineno}: {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _WORDS.search(node.value)
            and id(node) not in known
            and node.value not in AS_THEY_ARE.keys() | _EXCUSED
        ]
    assert not bare
