"""Documents → one self-contained HTML page that asks nothing of any network."""

import base64
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, Final, Literal

import jinja2
from markupsafe import Markup

from ... import jsontext
from ..pieces import pieces
from .figures import FILTERS, visible
from .rows import Summary

__all__ = ["LANGUAGES", "render_page"]

LANGUAGES: Final = ("zh", "en")

#: one script of the page, in this order.
_SCRIPTS: Final = ("json.js", "difference.js", "curl.js", "elements.js", "details.js", "page.js")
_RUN_KEYS: Final = (
    "title",
    "start_time",
    "end_time",
    "duration",
    "interrupted",
    "collected",
    "about",
    "versions",
)
#: what could end or confuse a <script>; in JSON all of it stands inside strings only.
_UNSAFE: Final = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def render_page(
    documents: Iterable[Mapping[str, Any]], *, lang: Literal["zh", "en"], run: Mapping[str, Any]
) -> Iterator[str]:
    """The page in pieces, to be written in this order; each document is let go once written.

    `documents`: masked, with `meta`. `run`, all optional: title, start_time, end_time,
    duration (seconds), interrupted (why the run ended early), collected (how many tests there
    were), about and versions (mappings of texts, see `RunFacts`).
    """
    summary = Summary()
    style = _file("page.css")
    script = "\n".join(_file(name) for name in _SCRIPTS)
    texts = _texts(lang)
    page = _template().generate(
        t=texts,
        run={key: run.get(key) for key in _RUN_KEYS},
        csp=_policy(style, script),
        style=_trusted(style),
        script=_trusted(script),
        texts_json=_embedded(texts),
        # The template walks through this first and reads the summary after it.
        cases=_cases(documents, summary),
        summary=summary,
    )
    # A file name may hold bytes that are no text: they must not stop the writer's encoding.
    return (
        piece if piece.isascii() else piece.encode("utf-8", "replace").decode() for piece in page
    )


def _cases(
    documents: Iterable[Mapping[str, Any]], summary: Summary
) -> Iterator[tuple[int, Iterator[Markup]]]:
    for document in documents:
        yield summary.add(document), map(_harmless, pieces(document, _json))


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__name__, ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(FILTERS)
    return environment.get_template("page.html")


def _shown(value: Any) -> Any:
    """Whatever the template writes, except our own files and JSON."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _file(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _texts(lang: str) -> dict[str, Any]:
    return tomllib.loads(_file(f"texts/{lang}.toml"))


def _embedded(data: Any) -> Markup:
    return _harmless(_json(data))


def _json(data: Any) -> str:
    return jsontext.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _harmless(text: str) -> Markup:
    """JSON that a <script type="application/json"> can hold, whatever is in it."""
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    return _trusted(text)


def _trusted(text: str) -> Markup:
    return Markup(text)  # noqa: S704 # our own files, and JSON that `_harmless` made so


def _policy(style: str, script: str) -> str:
    """Nothing runs or styles but the two texts with these digests; nothing is fetched at all."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
