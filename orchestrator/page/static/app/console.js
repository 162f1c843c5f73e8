// The console as it grows: its end first, more on demand. It scrolls by itself only while its end is seen.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useSignal } from "./base.js";
import { ansi } from "./ansi.js";
import { get } from "./api.js";
import { pause, seen, silent, waiting } from "./connection.js";
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
const PATH = "/automation/execution/console";

export default function Console({ row }) {
  const state = useSignal({ blocks: [], from: 0, size: 0, over: false });
  const error = useSignal(null);
  const follows = useSignal(true);
  const wraps = useSignal(true);
  const box = useRef();
  const at = Number(route.value.query.at) || null;
  useEffect(() => {
    const abort = new AbortController();
    watch({ id: row.id, at, state, error, follows }, abort.signal);
    return () => abort.abort();
  }, [row.id, at]);
  useLayoutEffect(() => {
    if (follows.value && at === null) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [state.value]);
  const toEnd = () => (at === null ? (follows.value = true, box.current?.scrollTo({ top: box.current.scrollHeight })) : filter({ at: undefined }));
  useKeys({ End: toEnd });
  const { blocks, from, size, over, text, url } = state.value;
  if (error.value && !blocks.length) return html`<${ErrorBox} error=${error.value} />`;
  if (text === null) return html`<${State} title=${t("console.elsewhere")}>${web(url) && html`<p><a href=${url} target="_blank" rel="noopener noreferrer">${new URL(url).host}</a></p>`}</${State}>`;
  if (!blocks.length) return over ? html`<${State} title=${t("console.none")} />` : html`<${Skeleton} lines=${4} />`;
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    follows.value = scrollHeight - scrollTop - clientHeight < 24;
  };
  return html`<section class="sheet console"><div class="tools"><span class="quiet small">${t("console.size", { n: count(size) })}</span><span class="spacer"></span>
      <label class="small"><input type="checkbox" checked=${wraps.value} onChange=${(event) => (wraps.value = event.target.checked)} /> ${t("console.wrap")}</label>
      ${!over && html`<span class="small">${t(follows.value ? "console.follows" : "console.stays")}</span>`}
      <button class="button plain" type="button" onClick=${toEnd}>${t("console.end")} <kbd>End</kbd></button></div>
    ${error.value && html`<${ErrorBox} error=${error.value} />`}
    <div class=${wraps.value ? "text wraps" : "text"} ref=${box} onScroll=${scrolled} tabindex="0" role="log" aria-live="off" aria-label=${t("view.console")}>
      ${from > 0 && html`<p><button class="button plain" type="button" onClick=${() => earlier(row.id, state, error, box.current)}>${t("console.earlier", { n: count(from) })}</button></p>`}
      ${blocks.map((block) => html`<${Block} key=${block.offset} text=${block.text} />`)}</div></section>`;
}

/** What stands is not read again for what comes. */
const Block = ({ text }) => useMemo(() => html`<pre>${ansi(text).map((piece, i) => (piece.cls ? html`<span key=${i} class=${piece.cls}>${piece.text}</span>` : piece.text))}</pre>`, [text]);

/** From its tail (or a place) on, and then what is new, until it is over. */
async function watch({ id, at, state, error, follows }, abort) {
  let next = null;
  let failures = 0;
  state.value = { blocks: [], from: 0, size: 0, over: false };
  while (!abort.aborted) {
    try {
      const asked = next !== null ? { offset: next, limit: STEP } : at !== null ? { offset: at, limit: TAIL } : { tail: TAIL };
      const said = await get(PATH, { executionId: id, ...asked }, { signal: abort });
      take(state, said, at === null && follows.peek());
      next = said.next;
      failures = 0;
      error.value = null;
      if (said.over && said.next >= said.size) return;
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

/** `atEnd`: nobody reads what is long past, so it may go until it is asked for again. */
export function take(state, said, atEnd) {
  const known = state.value.blocks;
  const blocks = said.text ? [...known, { offset: said.offset, text: said.text }] : known;
  const first = atEnd ? Math.max(0, blocks.findIndex((one) => one.offset >= said.next - MOST)) : 0;
  const from = first ? blocks[first].offset : known.length ? state.value.from : said.offset;
  state.value = { blocks: blocks.slice(first), from, size: said.size, over: said.over, text: said.text, url: said.url };
}

/** What stands before; the reader's place stays. */
async function earlier(id, state, error, box) {
  const { from } = state.value;
  const offset = Math.max(0, from - STEP);
  const said = await get(PATH, { executionId: id, offset, limit: from - offset }).catch((one) => (error.value = one, null));
  if (said === null || state.value.from !== from) return;
  error.value = null;
  const height = box.scrollHeight;
  state.value = { ...state.value, blocks: [{ offset, text: said.text }, ...state.value.blocks], from: offset };
  requestAnimationFrame(() => (box.scrollTop += box.scrollHeight - height));
}
