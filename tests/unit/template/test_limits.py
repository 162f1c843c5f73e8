"""No expression runs for ever, eats the memory, or gets out of its sandbox."""

import contextlib

import pytest

from pytest_sisyphus.errors import TemplateError
from pytest_sisyphus.template.condition import parse_condition
from pytest_sisyphus.template.template import Template, render_value

BOMBS = [
    "'a' * 10**9",
    "10**9 * 'a'",
    "[0] * 10**9",
    "[[0] * 1000] * 1000000",
    "(([[0] * 1000] * 1000) * 1000) | tojson",
    "10 ** (10 ** 10)",
    "(10 ** 4000) ** 4000",
    "2 ** (10**9)",
    "(2 ** 10000) * (2 ** 10000)",
    "2 ** (-10**9)",
    "'x' | center(10**9)",
    "'x'.center(10**9)",
    "'x'.ljust(10**9)",
    "'x'.rjust(10**9)",
    "'x'.zfill(10**9)",
    "('\\t' * 1000).expandtabs(10**9)",
    "('a' * 100000).replace('a', 'b' * 100000)",
    "('a' * 100000) | replace('a', 'b' * 100000)",
    "('a' * 100000).join(('a' * 100000) | list)",
    "('a' * 100000) | list | join('a' * 100000)",
    "'%1000000000d' % 1",
    "'%.1000000000f' % 1",
    "'%*d' % (10**9, 1)",
    "'%999999d' | format(1)",
    "('%s' * 1000) % ([('x' * 1000000)] * 1000)",
    "'{:1000000000}'.format(1)",
    "'{:{w}}'.format(1, w=10**9)",
    "('{0}' * 1000).format('x' * 1000000)",
    "('x' * 20000000) + ('x' * 20000000)",
    "('x' * 20000000) ~ ('x' * 20000000)",
    "1 | round(10**9)",
    "1.5 | round(-10**9)",
    "random_str(10**9)",
    "range(10**9)",
    "lipsum(10**9)",
]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("expression", BOMBS)
def test_a_bomb_is_an_error(scope, expression):
    with pytest.raises(TemplateError) as caught:
        Template(f"${{{expression}}}").render(scope)

    cause = caught.value.__cause__
    assert cause is None or not isinstance(cause.__cause__, MemoryError)  # refused beforehand


ESCAPES = [
    "''.__class__",
    "''['__class__']",
    "''.__class__.__mro__[1].__subclasses__()",
    "().__class__.__base__.__subclasses__()",
    "[].append.__self__",
    "user.__class__",
    "user.__init__.__globals__",
    "md5.__globals__",
    "uuid.call",
    "uuid().__class__.__mro__",
    "self",
    "self._TemplateReference__context",
    "cycler.__init__.__globals__.os",
    "joiner",
    "namespace()",
    "config.__class__",
    "fixtures.account.__init__.__globals__",
    "fixtures.account._password",
    "fixtures.account['_password']",
    "fixtures.account.__class__",
    "fixtures['account']['__class__']",
    "fixtures.account['delete']()",
    "fixtures.account | attr('__class__')",
    "[fixtures.account] | map(attribute='__class__') | list",
    "[fixtures.account] | map(attribute='delete') | list",
    "[''] | map('attr', '__class__') | list",
    "'{0.__class__}'.format('')",
    "'{0.__class__.__mro__}' | format('')",
    "''.format.__globals__",
    "'%s' | format.__class__",
    "items.sort()",
    "items.clear()",
    "user.pop('name')",
    "user.setdefault('x', 1)",
    "().__reduce__()",
    "n.to_bytes(10**9, 'big')",
    "word.encode('idna')",
    "open('/etc/passwd')",
    "__import__('os')",
    "eval('1')",
    "import_('os')",
    "caller()",
    "super()",
    "loop",
    "_",
    "environment",
    "context",
    "names.functions",
    "[1] | sum(start=fixtures.account)",
    "f_uuid",
    "v_n",
]


@pytest.mark.parametrize("expression", ESCAPES)
def test_there_is_no_way_out_of_the_sandbox_w4(scope, expression):
    with pytest.raises(TemplateError):
        Template(f"${{{expression}}}").render(scope)
    with pytest.raises(TemplateError):
        parse_condition(f"{expression} == 1").evaluate(scope)


def test_expressions_change_nothing(scope):
    before = repr(scope.snapshot())
    for method in ("items.append(1)", "items.sort()", "user.update({'x': 1})", "user.pop('name')"):
        with pytest.raises(TemplateError):
            Template(f"${{{method}}}").render(scope)
    Template("${rows | map(attribute='id') | list ~ (items | sort(reverse=true))}").render(scope)

    assert repr(scope.snapshot()) == before


@pytest.mark.parametrize(
    "text",
    [
        "${" * 10_000,
        "${" + "(" * 10_000,
        "${" + "[" * 39 + "]" * 39 + "}",
        "${" + "-" * 1_900 + "1}",
        "${1" + ".a" * 900 + "}",
        "${a" + "[0]" * 600 + "}",
        "${a" + "|upper" * 900 + "}",
        "${1" + "+1" * 900 + "}",
        "${1" + " if 1 else 1" * 400 + "}",
        "${'" + "\\" * 100_001 + "}",
        "${'" + "${'" * 5_000,
        "$${" * 100_000 + "${",
        "${'" + "$${" * 200_000 + "'}${",
        "a" * 1_000_000 + "${",
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.timeout(10)
def test_a_monstrous_text_ends_soon(scope, text):
    with contextlib.suppress(TemplateError):
        Template(text).render(scope)


@pytest.mark.slow
def test_deep_data_are_an_error_and_no_crash(scope):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    scope.set("deep", deep)

    for text in ("x${deep}", "${deep ~ 1}", "${json(deep)}", "${deep * 2}"):
        with pytest.raises(TemplateError, match="nested too deeply"):
            Template(text).render(scope)
    with pytest.raises(TemplateError, match="nested too deeply"):
        render_value(deep, scope)


def test_a_large_body_fits_into_a_text(scope):
    scope.set("body", {"items": ["x" * 1000] * 20_000})

    assert len(Template("<${body}>").render(scope)) > 20_000_000


@pytest.mark.timeout(20)
def test_rendering_is_linear_in_the_data(scope):
    data = [{"id": "${n}", "text": f"row {i}", "of": "${user.name}"} for i in range(50_000)]

    assert render_value(data, scope)[-1] == {"id": 5, "text": "row 49999", "of": "Ann"}
