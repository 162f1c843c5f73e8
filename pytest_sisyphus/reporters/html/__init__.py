"""Documents → one self-contained HTML page that asks nothing of any network."""

import base64
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, Final, get_args

import jinja2
from markupsafe import Markup

from pytest_sisyphus.i18n import Language
from pytest_sisyphus.reporters.html.figures import FILTERS, escape_invisible
from pytest_sisyphus.reporters.html.rows import Summary
from pytest_sisyphus.reporters.json_stream import json_chunks
from pytest_sisyphus.reporters.reporter import RunInfo
from pytest_sisyphus.values import exact_json
from pytest_sisyphus.values.surrogates import replace_surrogates

__all__ = ["LANGUAGES", "render_page"]

LANGUAGES: Final = get_args(Language)

#: one script of the page, in this order.
_SCRIPTS: Final = ("json.js", "difference.js", "curl.js", "elements.js", "details.js", "page.js")
#: what could end or confuse a <script>; in JSON all of it stands inside strings only.
_UNSAFE: Final = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def render_page(
    documents: Iterable[Mapping[str, Any]], *, lang: Language, run: RunInfo
) -> Iterator[str]:
    """The page in pieces, to be written in this order; a document is not kept once written.

    `documents`: masked, with `meta`.
    """
    summary = Summary()
    style = _file("page.css")
    script = "\n".join(_file(name) for name in _SCRIPTS)
    texts = tomllib.loads(_file(f"texts/{lang}.toml"))
    page = _template().generate(
        t=texts,
        run=run,
        # nothing runs or styles but the texts with these digests; nothing is fetched at all
        csp=(
            f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        ),
        style=_trusted(style),
        script=_trusted(script),
        texts_json=_harmless(_json(texts)),
        # The template walks through this first and reads the summary after it.
        cases=(
            (summary.add(document), map(_harmless, json_chunks(document, _json)))
            for document in documents
        ),
        summary=summary,
    )
    # A file name may hold bytes that are no text: they must not stop the writer's encoding.
    return map(replace_surrogates, page)


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__name__, ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # whatever the template writes, except our own files and JSON
        finalize=lambda value: (
            escape_invisible(value)
            if isinstance(value, str) and not isinstance(value, Markup)
            else value
        ),
    )
    environment.filters.update(FILTERS)
    return environment.get_template("page.html")


def _file(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _json(data: Any) -> str:
    return exact_json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _harmless(text: str) -> Markup:
    """JSON that a <script type="application/json"> can hold, whatever is in it."""
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    return _trusted(text)


def _trusted(text: str) -> Markup:
    return Markup(text)  # noqa: S704 # our own files, and JSON that `_harmless` made so


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
