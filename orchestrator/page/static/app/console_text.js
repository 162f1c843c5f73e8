// The text of a console in blocks of whole lines, so that each line has its number and can be named.

import { html, useMemo } from "./base.js";
import { ansi } from "./ansi.js";
import { address, route } from "./router.js";
import { t } from "./texts.js";

/** A last line that is longer stays where it was cut. */
const LONGEST = 65_536;
const lineBreaks = (text) => text.split("\n").length - 1;
const bytes = (text) => new TextEncoder().encode(text).length;

/** Blocks `{offset, line, text}`, with what stands behind them; a line that was cut goes on in the new one. */
export function behind(blocks, { offset, line, text }) {
  const last = blocks.at(-1);
  if (!last) return [{ offset, line, text }];
  const cut = last.text.lastIndexOf("\n") + 1;
  const begun = last.text.slice(cut);
  const at = last.line + lineBreaks(last.text);
  if (!begun || begun.length > LONGEST) return [...blocks, { offset, line: at, text }];
  const whole = cut ? [...blocks.slice(0, -1), { ...last, text: last.text.slice(0, cut) }] : blocks.slice(0, -1);
  return [...whole, { offset: offset - bytes(begun), line: at, text: begun + text }];
}

/** The same with what stands before them. */
export function ahead(blocks, { offset, text }) {
  const [first, ...rest] = blocks;
  const before = { offset, line: first.line - lineBreaks(text), text };
  return [...behind([before], first), ...rest];
}

export const lastOf = (blocks) => (blocks.length ? blocks.at(-1).line + lineBreaks(blocks.at(-1).text) : 0);
export const holds = (blocks, line) => blocks.length > 0 && blocks[0].line <= line && line <= lastOf(blocks);

/** What stands is not read again for what comes, or for another line that is chosen. */
export function Block({ block: { line, text }, chosen }) {
  const lines = useMemo(() => ansi(text.endsWith("\n") ? text.slice(0, -1) : text), [text]);
  return useMemo(() => {
    const { path, query } = route.peek();
    const there = address(path, { ...query, line: undefined });
    return html`<pre>${lines.map((pieces, i) => html`<div key=${i} class=${chosen === line + i ? "line chosen" : "line"} data-line=${line + i}><a data-keep tabindex="-1" data-n=${line + i}
      href="${there}&line=${line + i}" aria-label=${t("console.line_no", { n: String(line + i) })} aria-current=${chosen === line + i ? "true" : undefined}></a>${pieces.map((piece, j) => (piece.cls
        ? html`<span key=${j} class=${piece.cls}>${piece.text}</span>` : piece.text))}${"\n"}</div>`)}</pre>`;
  }, [lines, line, chosen]);
}
