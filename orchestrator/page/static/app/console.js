// The console as it grows: its end first, more on demand. It scrolls by itself only while its end is seen.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useSignal } from "./base.js";
import { get } from "./api.js";
import { pause, seen, silent, waiting } from "./connection.js";
import { ahead, behind, Block, holds, lastOf } from "./console_text.js";
import { useKeys } from "./keys.js";
import { ErrorBox, Skeleton, State } from "./parts.js";
import { filter, route } from "./router.js";
import { web } from "./actions.js";
import { count, t } from "./texts.js";

const TAIL = 65_536;
const STEP = 262_144;
/** Bytes that stay in the page while its end is followed. */
const MOST = 1_048_576;
const EVERY = 1000;
/** Lines before the one that was asked for. */
const CONTEXT = 20;
const NOTHING = { blocks: [], from: 0, next: 0, size: 0, over: false };
const PATH = "/automation/execution/console";

export default function Console({ row }) {
  const state = useSignal(NOTHING);
  const error = useSignal(null);
  const missing = useSignal(null);
  const { query } = route.value;
  const line = /^[1-9]\d{0,8}$/.test(query.line ?? "") ? Number(query.line) : null;
  /** The line at which reading began; null: at the end. */
  const start = useSignal(line);
  const follows = useSignal(line === null);
  const wraps = useSignal(true);
  const box = useRef();
  const watching = useRef(null);
  const read = (next) => {
    watching.current?.abort();
    watching.current = new AbortController();
    watch({ id: row.id, start, next, state, error, follows, missing }, watching.current.signal);
  };
  useEffect(() => {
    read(null);
    return () => watching.current.abort();
  }, [row.id, start.value]);
  useEffect(() => {
    if (line !== null && !holds(state.peek().blocks, line)) start.value = line;
  }, [line]);
  useArrivalAt(line, state, follows, box);
  const toEnd = () => {
    missing.value = null;
    follows.value = true;
    start.value = null;
    if (query.line) filter({ line: undefined });
    box.current?.scrollTo({ top: box.current.scrollHeight });
  };
  const toLine = (event) => {
    event.preventDefault();
    missing.value = null;
    filter({ line: event.currentTarget.elements.line.value });
  };
  useKeys({ End: toEnd });
  const { blocks, from, next, size, over, text, url } = state.value;
  if (error.value && !blocks.length) return html`<${ErrorBox} error=${error.value} />`;
  if (text === null) return html`<${State} title=${t("console.elsewhere")}>${web(url) && html`<p><a href=${url} target="_blank" rel="noopener noreferrer">${new URL(url).host}</a></p>`}</${State}>`;
  if (!blocks.length) return over ? html`<${State} title=${t("console.none")} />` : html`<${Skeleton} lines=${4} />`;
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    follows.value = scrollHeight - scrollTop - clientHeight < 24;
  };
  return html`<section class="sheet console"><div class="tools"><span class="quiet small">${t("console.size", { n: count(size) })}</span><span class="spacer"></span>
      <label class="small"><input type="checkbox" checked=${wraps.value} onChange=${(event) => (wraps.value = event.target.checked)} /> ${t("console.wrap")}</label>
      <form class="small" onSubmit=${toLine}><label>${t("console.line")} <input key=${line} class="field line-field" name="line" inputmode="numeric" pattern="[1-9][0-9]{0,8}" required defaultValue=${line ?? ""} /></label></form>
      ${!over && html`<span class="small">${t(follows.value ? "console.follows" : "console.stays")}</span>`}
      <button class="button plain" type="button" onClick=${toEnd}>${t("console.end")} <kbd>End</kbd></button></div>
    ${missing.value && html`<p class="small status warn" role="status">${t("console.no_line", missing.value)}</p>`}
    ${error.value && html`<${ErrorBox} error=${error.value} />`}
    <div class=${wraps.value ? "text wraps" : "text"} style=${{ "--digits": String(lastOf(blocks)).length }} ref=${box} onScroll=${scrolled} tabindex="0" role="log" aria-live="off" aria-label=${t("view.console")}>
      ${from > 0 && html`<p><button class="button plain" type="button" onClick=${() => earlier(row.id, state, error, box.current)}>${t("console.earlier", { n: count(from) })}</button></p>`}
      ${blocks.map((block) => html`<${Block} key=${block.offset} block=${block} chosen=${line !== null && holds([block], line) ? line : null} />`)}
      ${start.value !== null && next < size && html`<p><button class="button plain" type="button" onClick=${() => read(next)}>${t("console.later", { n: count(size - next) })}</button></p>`}</div></section>`;
}

/** The chosen line is brought into sight once; without one the end is, while it is followed. */
function useArrivalAt(line, state, follows, box) {
  const reached = useRef(null);
  useLayoutEffect(() => {
    if (line === null) {
      reached.current = null;
      if (follows.value) box.current?.scrollTo({ top: box.current.scrollHeight });
      return;
    }
    follows.value = false;
    const found = reached.current !== line && box.current?.querySelector(`[data-line="${line}"]`);
    if (!found) return;
    reached.current = line;
    const { scrollTop, clientHeight } = box.current;
    if (found.offsetTop < scrollTop || found.offsetTop > scrollTop + clientHeight - 24) box.current.scrollTo({ top: found.offsetTop - clientHeight / 3 });
  }, [state.value, line]);
}

/** From its tail (or a line, or where reading stopped) on, and then what is new, until it is over. What is
 * far from a line that was asked for is read when the reader asks for it. */
async function watch({ id, start, next, state, error, follows, missing }, abort) {
  const wanted = start.peek();
  let failures = 0;
  if (next === null) state.value = NOTHING;
  while (!abort.aborted) {
    try {
      const begin = wanted === null ? { tail: TAIL } : { line: Math.max(1, wanted - CONTEXT), limit: STEP };
      const said = await get(PATH, { executionId: id, ...(next === null ? begin : { offset: next, limit: STEP }) }, { signal: abort });
      take(state, said, wanted === null && follows.peek());
      if (next === null && wanted !== null && !holds(state.value.blocks, wanted)) return gone(wanted, { start, state, follows, missing });
      next = said.next;
      failures = 0;
      error.value = null;
      if (said.over && said.next >= said.size) return;
      if (said.next < said.size && wanted !== null) return;
      if (said.next < said.size) continue;
    } catch (one) {
      if (abort.aborted) return;
      failures += 1;
      const calm = one.kind === "offline" && state.value.blocks.length > 0;
      error.value = calm ? null : one;
      if (one.kind !== "offline") return;
    }
    const milliseconds = failures ? pause(failures - 1) : EVERY;
    const wait = waiting(milliseconds, { abort });
    if (failures) silent(milliseconds, wait.end);
    await wait.promise;
    await seen(abort);
  }
}

/** A line that is not there is said, and dropped; the end is shown instead. */
function gone(wanted, { start, state, follows, missing }) {
  if (state.value.text !== null) missing.value = { n: String(wanted) };
  follows.value = true;
  start.value = null;
  filter({ line: undefined }, { replace: true });
}

/** `atEnd`: nobody reads what is long past, so it may go until it is asked for again. */
export function take(state, said, atEnd) {
  const known = state.value.blocks;
  const blocks = said.text ? behind(known, said) : known;
  const first = atEnd ? Math.max(0, blocks.findIndex((one) => one.offset >= said.next - MOST)) : 0;
  const from = first ? blocks[first].offset : known.length ? state.value.from : said.offset;
  state.value = { blocks: blocks.slice(first), from, next: said.next, size: said.size, over: said.over, text: said.text, url: said.url };
}

/** What stands before; the reader's place stays. */
async function earlier(id, state, error, box) {
  const { from } = state.value;
  const offset = Math.max(0, from - STEP);
  const said = await get(PATH, { executionId: id, offset, limit: from - offset }).catch((one) => (error.value = one, null));
  if (said === null || state.value.from !== from) return;
  error.value = null;
  const height = box.scrollHeight;
  state.value = { ...state.value, blocks: ahead(state.value.blocks, said), from: offset };
  requestAnimationFrame(() => (box.scrollTop += box.scrollHeight - height));
}
