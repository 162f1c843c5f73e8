// All executions: newest first. Rows on the page follow what happens; new ones wait to be shown.

import { html } from "./base.js";
import { get } from "./api.js";
import { active, clear, Filters, named, read, set } from "./filters.js";
import { useTitle } from "./frame.js";
import { Icon } from "./icons.js";
import { rowKeys, useKeys } from "./keys.js";
import { Pager } from "./pager.js";
import { Elapsed, ErrorBox, Skeleton, State, subject, When, who } from "./parts.js";
import { keep, useResource } from "./resource.js";
import { route, useArrival } from "./router.js";
import { Bar, ExecutionStatus, isOpen } from "./status.js";
import { count, rich, t } from "./texts.js";
import { Trend } from "./trend.js";

const EVERY = 5000;

export default function List() {
  const { query } = route.value;
  const { asked, wrong } = read(query);
  const key = JSON.stringify(["executions", asked]);
  const { data, error, stale, reload } = useResource(key, (signal, known) => looked(asked, known, signal), { every: EVERY });
  useTitle(t("nav.executions"));
  useKeys(rowKeys);
  useArrival(data && !stale);
  const show = () => {
    keep(key, undefined);
    reload();
    scrollTo({ top: 0 });
  };
  return html`<h1 class="unseen">${t("nav.executions")}</h1>
    <${Filters} />
    ${asked.planId && html`<${Trend} plan=${asked.planId} env=${asked.envCode} />`}
    ${wrong.length > 0 && html`<p class="small status warn">${t("filter.wrong", { what: wrong.join(t("comma")) })}</p>`}
    ${error && html`<${ErrorBox} error=${error} again=${reload} />`}
    ${data?.news > 0 && html`<p class="news"><button class="button" type="button" onClick=${show}>${t("list.news", { n: data.news })}</button></p>`}
    ${data ? html`<${Table} data=${data} stale=${stale} asked=${asked} query=${query} />` : !error && html`<${Skeleton} />`}`;
}

/** One look. Rows that are shown stay where they are; `news` is how many came above them. */
async function looked(asked, known, signal) {
  const ahead = known?.news ?? 0;
  const size = Math.min(500, asked.pageSize + (asked.pageNo === 1 ? ahead : 0));
  const said = await get("/automation/execution/list", { ...asked, pageSize: size }, { signal });
  if (!known || asked.pageNo !== 1 || !known.list.length) return { ...said, list: said.list.slice(0, asked.pageSize), news: 0 };
  const fresh = new Map(said.list.map((row) => [row.id, row]));
  const newest = known.list[0].id;
  return {
    ...said,
    list: known.list.map((row) => fresh.get(row.id) ?? row),
    news: said.list.filter((row) => row.id > newest).length,
  };
}

function Table({ data, stale, asked, query }) {
  if (!data.list.length) return html`<${Empty} query=${query} />`;
  return html`<div class=${stale ? "sheet rows dimmed" : "sheet rows"} role="table" aria-label=${t("nav.executions")} aria-rowcount=${data.total} aria-busy=${stale}>
      <div role="row" class="row execution head">${["status", "name", "environment", "result", "started", "duration", "started_by"].map((name) => html`
        <span key=${name} role="columnheader" class=${name === "duration" ? "num" : ""}>${t(name)}</span>`)}</div>
      ${data.list.map((row) => html`<${Row} key=${row.id} row=${row} />`)}
    </div><${Pager} path="/executions" query=${query} page=${asked.pageNo} size=${asked.pageSize} n=${data.list.length} total=${data.total} exact=${data.total_exact !== false} />`;
}

function Row({ row }) {
  return html`<div role="row" class="row execution" data-row=${row.id}>
    <span role="cell"><${ExecutionStatus} status=${row.status} /></span>
    <span role="cell" class="name"><a data-main href="/executions/${row.id}"><bdi>${subject(row)}</bdi></a>
      <span class="quiet small cut">#${row.id} · ${row.execution_no}${row.rerun_of ? ` · ${t("rerun_of", { n: String(row.rerun_of) })}` : ""}</span></span>
    <span role="cell"><bdi class="tag" title=${row.env_code}>${row.env_code}</bdi></span>
    <span role="cell" class="counts"><${Bar} row=${row} /><span class="small">${summary(row)}</span></span>
    <span role="cell" class="quiet started cut"><${When} at=${row.started_at ?? row.created_at} /></span>
    <span role="cell" class="num"><${Elapsed} row=${row} /></span>
    <span role="cell" class="quiet person cut"><bdi>${who(row.trigger_by, row.trigger_name)}</bdi></span>
  </div>`;
}

/** The counts that matter, in words. */
function summary(row) {
  const bad = row.failed_count + row.blocked_count + row.not_found_count;
  const spoiled = bad > 0 && html`<b class="status bad">${t(row.status === 8 ? "list.unheard" : "list.spoiled", { n: bad })}</b>`;
  const done = row.total_count - row.pending_count - row.running_count;
  if (row.status === 7) return t("list.nothing_ran");
  if (row.status === 6 && !bad) return t("list.canceled", { n: row.canceled_count });
  if (row.status < 3) return t("list.cases", { n: row.total_count });
  if (isOpen(row)) return html`${count(done)}/${count(row.total_count)}${bad > 0 && " · "}${spoiled}`;
  if (row.outcome) return html`<b class="status good">${t("list.healed")}</b>`;
  return spoiled || t("list.passed", { n: row.passed_count, total: row.total_count });
}

function Empty({ query }) {
  const names = active(query);
  if (names.length) {
    return html`<${State} title=${t("list.no_match")}><div class="chips">${names.map((name) => html`
      <button key=${name} class="chip" type="button" onClick=${() => set(name)}><bdi>${t(`filter.${name}`)}: ${named(name, query[name])}</bdi><${Icon} name="close" /></button>`)}
      <button class="link" type="button" onClick=${clear}>${t("filter.clear")}</button></div></${State}>`;
  }
  return html`<${State} title=${t("list.empty")}><p>${t("list.empty.how")}</p>
    <pre>SISYPHUS_SECRET=… pytest --collect-only --sisyphus-sync --sisyphus-project=1 --sisyphus-url=${location.origin}${"\n"}sisyphus-orchestrator plan import plans.yaml</pre>
    <p class="small">${rich("list.empty.demo", { command: html`<code>sisyphus-orchestrator demo</code>` })}</p></${State}>`;
}
