// One execution: the sentence that matters, what changed, why, and the cases.

import { html, useComputed, useEffect, useMemo, useSignal } from "./base.js";
import { Actions, barred, rerunFailed, warned } from "./actions.js";
import { causes } from "./causes.js";
import { before, changes } from "./changes.js";
import { say, useTitle } from "./frame.js";
import { useKeys } from "./keys.js";
import { fetched } from "./later.js";
import { copyByKey, ErrorBox, Skeleton, State, subject } from "./parts.js";
import { address, filter, route, useArrival } from "./router.js";
import { Bar, caseIcon, COUNTS, executionIcon, isOpen, isUnheard, UNHEARD } from "./status.js";
import { storeOf } from "./store.js";
import { follow } from "./stream.js";
import { useTabIcon } from "./tab.js";
import { count, t } from "./texts.js";
import { sentence, spoiled } from "./verdict.js";
import { Icon } from "./icons.js";
import { CauseLine } from "./cause.js";
import { Command } from "./command.js";
import Cases from "./cases.js";

/** Parts of the page that are fetched when they are first opened. */
const LATER = {
  causes: () => import("./cause_list.js"),
  timeline: () => import("./timeline.js"),
  console: () => import("./console.js"),
  legs: () => import("./legs.js"),
  facts: () => import("./facts.js"),
};
const VIEWS = ["cases", ...Object.keys(LATER)];
/** Each of several machines has a console of its own. */
const shown = (view, row) => (row.shard_total > 1 ? view !== "console" : view !== "legs");
const FEW = 5;

export default function Execution() {
  const id = route.value.execution;
  const store = useMemo(() => storeOf(id), [id]);
  const round = useSignal(0);
  useEffect(() => {
    const abort = new AbortController();
    follow(store, abort.signal);
    return () => abort.abort();
  }, [store, round.value]);
  const row = store.execution.value;
  useTitle(row && `${t(`execution.status.${row.status}`)} · ${subject(row)}`);
  if (store.error.value) return html`<${Lost} error=${store.error.value} again=${() => (store.error.value = null, round.value += 1)} />`;
  if (!row) return html`<${Skeleton} />`;
  return html`<${Shown} key=${id} store=${store} row=${row} />`;
}

function Lost({ error, again }) {
  if (error.code !== 40011) return html`<${ErrorBox} error=${error} again=${again} />`;
  return html`<${State} title=${t("execution.none", { n: String(route.value.execution) })}><p><a href="/executions">${t("nowhere.list")}</a></p></${State}>`;
}

function Shown({ store, row }) {
  const rows = useComputed(() => (store.version.value, store.all()));
  const last = usePrevious(store, row);
  const found = useComputed(() => (last.value ? changes(rows.value, last.value.outcomes) : null));
  const groups = useComputed(() => causes(rows.value));
  const lacking = useComputed(() => rows.value.filter(isUnheard).length);
  const { query } = route.value;
  const view = VIEWS.includes(query.view) && shown(query.view, row) ? query.view : "cases";
  useArrival(store.loaded.value);
  useAnnounced(row);
  useTabIcon(executionIcon(row.status));
  useKeys({
    ...Object.fromEntries(VIEWS.filter((name) => shown(name, row)).map((name, i) => [String(i + 1), () => filter({ view: name === "cases" ? undefined : name })])),
    c: () => copyByKey(location.href),
    r: () => !isOpen(row) && spoiled(row) > 0 && !barred("run") && rerunFailed(row),
  });
  const known = { changes: found.value, marked: { lacking: lacking.value } };
  return html`<header class="verdict">
      <div><h1 class="status ${executionIcon(row.status)[1]}"><${Icon} name=${executionIcon(row.status)[0]} turning=${row.status === 3} />
        <span>${t(`execution.status.${row.status}`)}</span></h1>
      <p class="subject"><bdi>${subject(row)}</bdi> <bdi class="tag">${row.env_code}</bdi> <span class="quiet small">#${row.id}</span></p></div>
      <${Actions} row=${row} />
      <p class="sentence">${sentence(row, known)}</p>
    </header>
    ${warned.value?.id === row.id && warned.value.texts.map((text) => html`<p key=${text} class="message own"><bdi>${text}</bdi></p>`)}
    ${store.crowded.value && html`<p class="small status warn">${t("execution.crowded")}</p>`}
    ${row.waiting?.command && html`<${Command} row=${row} />`}
    <${Counts} row=${row} lacking=${lacking.value} />
    ${found.value && html`<${Changed} found=${found.value} than=${last.value.id} isOver=${!isOpen(row)} />`}
    ${groups.value.some((group) => group.rows.length > 1) && view === "cases" && html`<${TopCauses} groups=${groups.value} row=${row} />`}
    <${Tabs} view=${view} groups=${groups.value.length} row=${row} />
    <${Part} view=${view} store=${store} row=${row} rows=${rows} last=${last} groups=${groups} found=${found} />`;
}

/** How its cases ended the last time; asked once, when there is something to compare. */
function usePrevious(store, row) {
  const last = useSignal(null);
  const wanted = store.loaded.value && row.plan_id !== null;
  useEffect(() => {
    if (!wanted) return undefined;
    const abort = new AbortController();
    before(row, abort.signal).then((said) => (last.value = said), () => {});
    return () => abort.abort();
  }, [wanted]);
  return last;
}

function useAnnounced(row) {
  const first = useMemo(() => row.status, []);
  useEffect(() => {
    if (row.status !== first && row.status > 3) say(t("execution.announced", { status: t(`execution.status.${row.status}`), n: row.failed_count }));
  }, [row.status]);
}

/** Those of which no result came are not called blocked. */
function Counts({ row, lacking }) {
  const { query } = route.value;
  const toggled = (status) => filter({ status: query.status === status ? undefined : status, unheard: undefined, view: undefined });
  const told = { ...row, blocked_count: row.blocked_count - lacking };
  const counts = [[0, "pending_count"], ...COUNTS].filter(([status, name]) => told[name] > 0 || (status > 1 && status < 6 && row.total_count > 0));
  const button = ({ key, n, look, word, pressed, onClick }) => html`<button key=${key} type="button" disabled=${!n}
    class="count ${n ? look[1] : ""}" aria-pressed=${pressed} onClick=${onClick}><${Icon} name=${look[0]} />${word} <b>${count(n)}</b></button>`;
  return html`<section class="counted" aria-label=${t("result")}><${Bar} row=${row} tall />
    <div class="counts-row">${counts.map(([status, name]) => button({ key: status, n: told[name], look: caseIcon({ status }), word: t(`case.status.${status}`), pressed: query.status === String(status), onClick: () => toggled(String(status)) }))}
    ${lacking > 0 && button({ key: "unheard", n: lacking, look: UNHEARD, word: t("case.status.unheard"), pressed: query.unheard === "1", onClick: () => filter({ unheard: query.unheard ? undefined : 1, status: undefined, view: undefined }) })}</div></section>`;
}

/** Buttons that leave the cases of one kind; missed ones are told, not filtered. */
function Changed({ found, than, isOver }) {
  const chosen = route.value.query.change;
  const kinds = ["new", "still", "fixed", "missed"].filter((kind) => found[kind].length);
  return html`<p class="changed">${t("changes.than")} <a href="/executions/${than}">#${than}</a>
    ${kinds.length === 0 && html`<span class="quiet">${t(isOver ? "changes.none" : "changes.none_yet")}</span>`}
    ${kinds.map((kind) => html`<button key=${kind} type="button" class="chip change-${kind}" aria-pressed=${chosen === kind}
      onClick=${() => filter({ change: chosen === kind ? undefined : kind, view: undefined })}>${t(`change.${kind}`)} <b>${found[kind].length}</b></button>`)}</p>`;
}

function TopCauses({ groups, row }) {
  return html`<section class="sheet causes" aria-labelledby="causes"><h2 id="causes">${t("causes")}</h2>
    <ul>${groups.slice(0, FEW).map((group) => html`<${CauseLine} key=${group.id} group=${group} execution=${row} />`)}</ul>
    ${groups.length > FEW && html`<a class="small" data-keep href=${address(route.value.path, { ...route.value.query, view: "causes" })}>${t("causes.all", { n: groups.length })}</a>`}</section>`;
}

function Tabs({ view, groups, row }) {
  const { path, query } = route.value;
  return html`<nav class="tabs" aria-label=${t("execution.views")}>${VIEWS.filter((name) => (name !== "causes" || groups) && shown(name, row)).map((name) => html`
    <a key=${name} data-keep href=${address(path, { ...query, view: name === "cases" ? undefined : name })} aria-current=${view === name ? "page" : undefined}>${t(`view.${name}`)}</a>`)}</nav>`;
}

function Part(props) {
  const later = useSignal({});
  const { view } = props;
  useEffect(() => {
    if (view === "cases" || later.value[view]) return;
    const come = (View) => (later.value = { ...later.peek(), [view]: View });
    fetched(LATER[view]).then((module) => come(module.default), (error) => come(() => html`<${ErrorBox} error=${error} />`));
  }, [view]);
  const View = view === "cases" ? Cases : later.value[view];
  return View ? html`<${View} ...${props} />` : html`<${Skeleton} lines=${4} />`;
}
