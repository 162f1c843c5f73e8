"""How Sphinx builds the documents of both languages: `python docs/build.py`."""

import gettext
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.locale import get_translator

project = "pytest-sisyphus"
copyright = "the pytest-sisyphus engineers"  # noqa: A001 - the name Sphinx looks for
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["drawing.css"]

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
suppress_warnings = ["misc.highlighting_failure"]  # `${…}` in JSON is no JSON

html_theme = "furo"
html_title = project
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/languages.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}

REPOSITORY = Path(__file__).parent.parent
#: a link to another language's page, or to a file of the repository that is no page
ELSEWHERE = re.compile(r"(?<!!)\[([^\[\]]+)\]\((\.\./[^)\s#]+)(#[^)\s]*)?\)")
#: what furo says in English only.
CHINESE = {
    "Back to top": "回到顶部",
    "Made with": "构建工具：",
    "Next": "下一页",
    "On this page": "本页内容",
    "Please activate JavaScript to enable the search functionality.": "搜索需要启用 JavaScript。",
    "Previous": "上一页",
    "Skip to content": "跳到正文",
}


class _Furo(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return CHINESE.get(message, message)


def setup(app: Sphinx) -> None:
    app.connect("config-inited", _furo_in_chinese)
    app.connect("config-inited", _search_in_chinese)
    app.connect("source-read", _link_out_of_the_language)
    app.connect("html-page-context", _link_the_twin)


def _furo_in_chinese(_app: Sphinx, config: Config) -> None:
    if config.language == "zh_CN":
        get_translator().add_fallback(_Furo())


def _search_in_chinese(app: Sphinx, config: Config) -> None:
    if config.language == "zh_CN":
        app.add_js_file("chinese-search.js")


def _link_out_of_the_language(app: Sphinx, _name: str, source: list[str]) -> None:
    """What Markdown links to outside of the sources of one language is linked as HTML.

    The other language's page is beside it where both are built; a file of the repository is
    only named, as the built pages may be read without it.
    """

    def link(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        if re.fullmatch(r"(\.\./)+(en|zh)/[\w/-]+\.md", target):
            return f'<a href="{target[:-3]}.html{anchor}">{text}</a>'
        path = (Path(app.srcdir) / target).resolve()
        if not path.exists():
            return found[0]  # Sphinx says where the dead link stands
        name = path.relative_to(REPOSITORY).as_posix()
        return text if name in text else f"{text} (`{name}`)"

    source[0] = ELSEWHERE.sub(link, source[0])


def _link_the_twin(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object
) -> None:
    """The same page in the other language, where there is one; else that language's first page."""
    other = "en" if app.config.language == "zh_CN" else "zh"
    there = (Path(app.srcdir).parent / other / f"{page}.md").is_file()
    up = "../" * (page.count("/") + 1)
    context["other_language"] = {"en": "English", "zh": "中文"}[other]
    context["twin"] = f"{up}{other}/{page if there else 'index'}.html"
