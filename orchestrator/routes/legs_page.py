"""The legs of an execution on one small page: where each runs, how it fares, and its own files.

It is what `console_url` and `report_url` of an execution with legs lead to, so it needs no script
and no login, and speaks the language that the browser asks for.
"""

import functools
import html
import json
from collections.abc import Sequence
from typing import Final

from orchestrator.db.models import Execution
from orchestrator.executions.sanitize import is_web
from orchestrator.i18n import Language, in_language, recalled
from orchestrator.page.serving import STATIC
from orchestrator.store.legs import LegWithCounts

_LOST: Final = 8
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;"
    "color-scheme:light dark}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #8886;vertical-align:top}"
    "td{overflow-wrap:anywhere}"
)
_COLUMNS: Final = (
    "legs.leg",
    "status",
    "legs.cases",
    "fact.revision",
    "legs.message",
    "legs.files",
)


def legs_page(execution: Execution, legs: Sequence[LegWithCounts], language: Language) -> str:
    texts = _texts(language)
    title = f"{execution.execution_no} · {texts['view.legs']}"
    status = texts[f"execution.status.{execution.status}"]
    head = "".join(f"<th scope=col>{html.escape(texts[name])}</th>" for name in _COLUMNS)
    rows = "".join(_row(leg, texts, language) for leg in legs)
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(status)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></html>\n"
    )


@functools.lru_cache
def _texts(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((STATIC / "texts" / f"{language}.json").read_text("utf-8"))
    return texts


def _row(one: LegWithCounts, texts: dict[str, str], language: Language) -> str:
    leg = one.leg
    name = texts["legs.number"].replace("{n}", str(leg.shard_index))
    if leg.attempt > 1:
        name += " · " + texts["legs.again"].replace("{n}", str(leg.attempt))
    status = texts["legs.lost" if leg.status == _LOST else f"execution.status.{leg.status}"]
    counts = texts["legs.counts"]
    for field in ("leased", "running", "done", "failed"):
        counts = counts.replace(f"{{{field}}}", str(getattr(one, field)))
    links = [
        f'<a href="{html.escape(url)}" rel="noreferrer">{html.escape(texts[word])}</a>'
        for word, url in (("view.console", leg.console_url), ("report", leg.report_url))
        if url and is_web(url)
    ]
    reason = in_language(recalled(leg.message or leg.wait_reason or ""), language)
    said = (name, status, counts, leg.revision or "", reason)
    cells = "".join(f"<td>{html.escape(text)}</td>" for text in said)
    return f"<tr>{cells}<td>{' · '.join(links)}</td></tr>"
