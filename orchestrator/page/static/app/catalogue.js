// The catalogue: what is automated, how it ended last, what is flaky, what disappeared.

import { html, signal } from "./base.js";
import { get } from "./api.js";
import { Choice, Search } from "./filters.js";
import { duration } from "./format.js";
import { useTitle } from "./frame.js";
import { rowKeys, useKeys } from "./keys.js";
import { Pager } from "./pager.js";
import { ErrorBox, Skeleton, State } from "./parts.js";
import { toggle } from "./picks.js";
import { useResource } from "./resource.js";
import { address, filter, route, useArrival } from "./router.js";
import { may } from "./session.js";
import { CaseStatus } from "./status.js";
import { t } from "./texts.js";

const SIZE = 50;
/** Ticks stay while pages are turned. */
const picked = signal(new Set());
const STATES = { flaky: { flaky: true }, missing: { missing: true }, disabled: { enabled: false } };
const LAST = ["2", "3", "4", "5"];

function asked(query) {
  const page = /^[1-9]\d{0,8}$/.test(query.page ?? "") ? Number(query.page) : 1;
  const state = (query.state ?? "").split(",").filter((name) => STATES[name]);
  return { projectId: query.project, keyword: query.q, tag: query.tag, lastStatus: LAST.includes(query.last) ? query.last : undefined,
    ...Object.assign({}, ...state.map((name) => STATES[name])), pageNo: page, pageSize: SIZE };
}

export default function Catalogue() {
  const { query } = route.value;
  const wanted = asked(query);
  const { data, error, stale, reload } = useResource(JSON.stringify(["catalogue", wanted]), (abort) => get("/automation/case/list", wanted, { signal: abort }));
  useTitle(t("nav.cases"));
  useKeys({ ...rowKeys, x: () => tick() });
  useArrival(data && !stale);
  return html`<h1 class="unseen">${t("nav.cases")}</h1>
    <div class="filters" role="search"><${Search} value=${query.q ?? ""} label=${t("catalogue.search")} />
      <${Choice} name="state" label=${t("catalogue.state")} options=${Object.keys(STATES).map((name) => [name, t(`catalogue.state.${name}`)])} />
      <${Choice} name="last" label=${t("catalogue.last")} options=${LAST.map((one) => [one, t(`case.status.${one}`)])} />
      ${query.tag && html`<button class="chip" type="button" onClick=${() => filter({ tag: undefined, page: undefined })}><bdi>${query.tag}</bdi> ✕</button>`}
      <span class="spacer"></span><${Chosen} project=${query.project ?? data?.list[0]?.project_id} /></div>
    ${error && html`<${ErrorBox} error=${error} again=${reload} />`}
    ${data ? html`<${Table} data=${data} stale=${stale} page=${wanted.pageNo} query=${query} />` : !error && html`<${Skeleton} />`}`;
}

function tick() {
  const id = Number(document.activeElement?.closest("[data-row]")?.dataset.row);
  if (id) toggle(picked, id);
}

function Chosen({ project }) {
  const ids = [...picked.value];
  if (!ids.length) return null;
  return html`<button class="link small" type="button" onClick=${() => (picked.value = new Set())}>${t("cases.unpick", { n: ids.length })}</button>
    ${ids.length === 1 && may("run") && html`<a class="button" href=${address("/run", { case: ids[0] })}>${t("run")}</a>`}
    ${may("manage") && html`<a class="button primary" href=${address("/plans/new", { project, cases: ids.join(",") })}>${t("catalogue.plan", { n: ids.length })}</a>`}`;
}

function Table({ data, stale, page, query }) {
  if (!data.list.length) {
    const filtered = query.q || query.state || query.last || query.tag || query.project;
    return html`<${State} title=${t(filtered ? "cases.no_match" : "catalogue.empty")}>${filtered
      ? html`<a href="/cases">${t("filter.clear")}</a>` : html`<pre>SISYPHUS_SECRET=… pytest --collect-only --sisyphus-sync --sisyphus-project=1 --sisyphus-url=${location.origin}</pre>`}</${State}>`;
  }
  return html`<div class=${stale ? "sheet rows dimmed" : "sheet rows"} role="table" aria-label=${t("nav.cases")} aria-rowcount=${data.total}>
      <div role="row" class="row known head">${["pick", "title", "catalogue.last", "average", "tags"].map((name) => html`
        <span key=${name} role="columnheader" class=${name === "average" ? "num" : ""}>${name === "pick" ? html`<span class="unseen">${t("pick")}</span>` : t(name)}</span>`)}</div>
      ${data.list.map((row) => html`<${Row} key=${row.case_id} row=${row} />`)}</div>
    <${Pager} path="/cases" query=${query} page=${page} size=${SIZE} n=${data.list.length} total=${data.total} />`;
}

function Row({ row }) {
  return html`<div role="row" class=${row.enabled ? "row known" : "row known off"} data-row=${row.case_id}>
    <span role="cell" class="pick"><input type="checkbox" aria-label=${t("cases.pick", { name: row.case_title })} checked=${picked.value.has(row.case_id)} onChange=${() => toggle(picked, row.case_id)} /></span>
    <span role="cell" class="name"><a data-main href="/cases/${row.case_id}"><bdi>${row.case_title || row.case_key}</bdi></a>
      <span class="quiet small"><bdi>${row.case_key}</bdi>${row.missing_since ? html` · <span class="status warn">${t("catalogue.missing", { when: row.missing_since })}</span>` : !row.enabled && html` · ${t("catalogue.state.disabled")}`}</span></span>
    <span role="cell">${row.last_status === null ? html`<span class="quiet">${t("catalogue.never")}</span>` : html`<a class="inner" href="/executions/${row.last_execution_id}"><${CaseStatus} row=${{ status: row.last_status }} /></a>`}
      ${row.flaky && html` <span class="tag amber" title=${t("flaky.why")}>${t("flaky")}</span>`}</span>
    <span role="cell" class="num">${duration(row.average_duration_seconds)}</span>
    <span role="cell" class="tags">${row.tags.map((tag) => html`<button key=${tag} type="button" class="tag inner" onClick=${() => filter({ tag, page: undefined })}><bdi>${tag}</bdi></button>`)}</span></div>`;
}
