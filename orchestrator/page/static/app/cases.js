// The cases of an execution: filtered and sorted here, so that nothing is asked for it.

import { html, useEffect, useMemo, useRef, useSignal } from "./base.js";
import { arranged, sorts } from "./arrange.js";
import { changeOf } from "./changes.js";
import { Search } from "./filters.js";
import { RunThese } from "./actions.js";
import { rowKeys, useKeys } from "./keys.js";
import { fetched } from "./later.js";
import { Skeleton, State } from "./parts.js";
import { address, filter, go, route } from "./router.js";
import { CaseRow } from "./row.js";
import { Rows } from "./rows.js";
import { useStability } from "./stability.js";
import { isOpen, SPOILED } from "./status.js";
import { count, t } from "./texts.js";
import { useSplit } from "./split.js";
import { toggle } from "./picks.js";

const DRAWER = () => import("./drawer.js");
const PLAIN_PAGE = 500;

export default function Cases({ store, row, rows, last }) {
  const { query, path } = route.value;
  const open = route.value.case;
  const change = useMemo(() => (one) => (last.value ? changeOf(one, last.value.outcomes) : undefined), [last.value]);
  const { ids, left, update } = useArranged(rows, query, change, row);
  const picked = useSignal(new Set());
  const stability = useStability(row, rows);
  const Drawer = useLater(open !== undefined, DRAWER);
  const split = useSplit();
  const wide = useWide();
  const show = (id) => go(address(`/executions/${row.id}/cases/${id}`, query), { keep: true, replace: open !== undefined });
  const close = () => {
    go(address(`/executions/${row.id}`, { ...query, tab: undefined, step: undefined }), { keep: true });
    requestAnimationFrame(() => document.querySelector(`[data-row="${open}"] a`)?.focus({ preventScroll: true }));
  };
  const toNext = (step) => {
    const bad = ids.filter((id) => id === open || SPOILED.has(store.rows.get(id).peek().status));
    const next = bad[bad.indexOf(open) + step] ?? (open === undefined ? bad[0] : undefined);
    if (next !== undefined) show(next);
  };
  useKeys({
    ...rowKeys,
    n: () => toNext(1), p: () => toNext(-1),
    f: () => filter({ status: query.status === "3,4,6" ? undefined : "3,4,6" }),
    x: () => toggleFocused(picked),
    Escape: () => (open !== undefined ? close() : moved(query)),
  });
  if (!store.loaded.value) return html`<${Skeleton} />`;
  if (query.plain) return html`<${Plain} rows=${ids.map((id) => store.rows.get(id).value)} execution=${row} />`;
  return html`<div class=${open === undefined ? "pane" : "pane split"} style=${open !== undefined ? { "--drawer": `${split.width.value}%` } : {}}>
    <section class="cases">
      <${Tools} query=${query} n=${ids.length} total=${rows.value.length} left=${left.size} update=${update} picked=${picked} row=${row} store=${store} />
      ${ids.length ? html`<div class="sheet list"><${Rows} ids=${ids} height=${wide.value ? 52 : 64} focused=${open} label=${t("view.cases")} columns=${["pick", "status", "title", "marks", "duration"].map((name) => t(name))}
        draw=${(id) => html`<${CaseRow} row=${store.rows.get(id)} execution=${row.id} query=${query} open=${open === id} left=${left.has(id)}
          change=${change} stability=${stability.value.get(id)} picked=${picked} />`} /></div>`
    : html`<${State} title=${t(rows.value.length ? "cases.no_match" : "cases.none")}>${rows.value.length > 0 && html`
        <button class="link" type="button" onClick=${() => go(path, { keep: true })}>${t("filter.clear")}</button>`}</${State}>`}
    </section>
    ${open !== undefined && Drawer && html`<${split.Splitter} /><${Drawer} key="drawer" id=${open} store=${store} execution=${row} toNext=${toNext} close=${close} change=${change} stability=${stability.value.get(open)} />`}
  </div>`;
}

const moved = (query) => (query.q || query.status || query.change || query.cause || query.unheard ? filter({ q: undefined, status: undefined, change: undefined, cause: undefined, unheard: undefined }) : false);

function toggleFocused(picked) {
  const id = Number(document.activeElement?.closest("[data-row]")?.dataset.row);
  if (id) toggle(picked, id);
}

/** While it runs, what is shown stays shown until the reader moves; a new filter starts afresh. */
function useArranged(rows, query, change, row) {
  const held = useRef(null);
  const key = JSON.stringify([query.status, query.q, query.change, query.cause, query.unheard, query.sort]);
  const asked = useRef(key);
  const fresh = useSignal(0);
  if (asked.current !== key) held.current = null;
  asked.current = key;
  const result = useMemo(() => arranged(rows.value, query, change, isOpen(row) ? held.current : null), [rows.value, key, change, fresh.value]);
  useEffect(() => {
    held.current = new Set(result.ids);
  }, [result]);
  return { ...result, update: () => (held.current = null, fresh.value += 1) };
}

function useLater(wanted, load) {
  const found = useSignal(null);
  useEffect(() => {
    if (wanted && !found.value) fetched(load).then((module) => (found.value = module.default), (error) => console.error(error));
  }, [wanted]);
  return found.value;
}

function useWide() {
  const media = useMemo(() => matchMedia("(min-width: 600px)"), []);
  const wide = useSignal(media.matches);
  useEffect(() => {
    const changed = () => (wide.value = media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return wide;
}

function Tools({ query, n, total, left, update, picked, row, store }) {
  const chosen = picked.value.size;
  return html`<div class="tools"><${Search} value=${query.q ?? ""} label=${t("cases.search")} onSearch=${(text) => filter({ q: text || undefined }, { replace: true })} />
    <select class="select" aria-label=${t("cases.sort")} value=${query.sort ?? "bad"} onChange=${(event) => filter({ sort: event.target.value === "bad" ? undefined : event.target.value })}>
      ${sorts.map((name) => html`<option key=${name} value=${name}>${t(`cases.sort.${name}`)}</option>`)}</select>
    <span class="quiet small">${n === total ? t("list.cases", { n }) : t("cases.of", { n, total: count(total) })}</span>
    ${query.cause && html`<button class="chip" type="button" onClick=${() => filter({ cause: undefined })}>${t("causes.one")} ✕</button>`}
    ${left > 0 && html`<button class="chip" type="button" onClick=${update}>${t("cases.update", { n: left })}</button>`}
    ${chosen > 0 && html`<${Chosen} picked=${picked} row=${row} store=${store} />`}</div>`;
}

function Chosen({ picked, row, store }) {
  const rows = [...picked.value].map((id) => store.rows.get(id).value);
  return html`<span class="actions"><${RunThese} execution=${row} rows=${rows} />
    <button class="link small" type="button" onClick=${() => (picked.value = new Set())}>${t("cases.unpick", { n: rows.length })}</button></span>`;
}

/** For the browser's own search, and for paper: everything in the page. */
function Plain({ rows, execution }) {
  const page = Math.max(1, Number(route.value.query.page) || 1);
  const pages = Math.ceil(rows.length / PLAIN_PAGE);
  return html`<ol class="sheet all-cases" start=${(page - 1) * PLAIN_PAGE + 1}>${rows.slice((page - 1) * PLAIN_PAGE, page * PLAIN_PAGE).map((row) => html`
    <li key=${row.id}><a href="/executions/${execution.id}/cases/${row.id}"><bdi>${row.case_title || row.case_key}</bdi></a> ${t(`case.status.${row.status}`)} <bdi class="quiet">${row.error_message ?? ""}</bdi></li>`)}</ol>
    ${pages > 1 && html`<p class="actions">${Array.from({ length: pages }, (_, i) => html`<button key=${i} class="button plain" type="button" aria-current=${page === i + 1 ? "page" : undefined} onClick=${() => filter({ page: i + 1 })}>${i + 1}</button>`)}</p>`}`;
}
