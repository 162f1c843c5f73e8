// All plans, and how each ended last.

import { html } from "./base.js";
import { get } from "./api.js";
import { Search } from "./filters.js";
import { useTitle } from "./frame.js";
import { Icon } from "./icons.js";
import { rowKeys, useKeys } from "./keys.js";
import { Pager } from "./pager.js";
import { ErrorBox, Skeleton, State, When } from "./parts.js";
import { useResource } from "./resource.js";
import { address, filter, route, useArrival } from "./router.js";
import { may } from "./session.js";
import { ExecutionStatus } from "./status.js";
import { t } from "./texts.js";

const SIZE = 50;

export default function Plans() {
  const { query } = route.value;
  const page = /^[1-9]\d{0,8}$/.test(query.page ?? "") ? Number(query.page) : 1;
  const asked = { view: "brief", projectId: query.project, keyword: query.q, pageNo: page, pageSize: SIZE };
  const { data, error, stale, reload } = useResource(JSON.stringify(["plans", asked]), (abort) => get("/automation/plan/list", asked, { signal: abort }), { every: 10_000 });
  useTitle(t("nav.plans"));
  useKeys(rowKeys);
  useArrival(data && !stale);
  return html`<h1 class="unseen">${t("nav.plans")}</h1>
    <div class="filters" role="search"><${Search} value=${query.q ?? ""} label=${t("plans.search")} onSearch=${(q) => filter({ q: q || undefined, page: undefined })} />
      <span class="spacer"></span>${may("manage") && html`<a class="button primary" href=${address("/plans/new", { project: query.project })}><${Icon} name="plus" />${t("plans.new")}</a>`}</div>
    ${error && html`<${ErrorBox} error=${error} again=${reload} />`}
    ${!data ? !error && html`<${Skeleton} />` : !data.list.length ? html`<${State} title=${t(query.q ? "plans.no_match" : "plans.none")}><p>${t("plans.none.how")}</p></${State}>` : html`
      <div class=${stale ? "sheet rows dimmed" : "sheet rows"} role="table" aria-label=${t("nav.plans")} aria-rowcount=${data.total}>
        <div role="row" class="row planned head">${["name", "plans.cases", "plans.last", "environment", "started"].map((name) => html`<span key=${name} role="columnheader">${t(name)}</span>`)}<span role="columnheader"><span class="unseen">${t("run")}</span></span></div>
        ${data.list.map((row) => html`<${Row} key=${row.plan_id} row=${row} />`)}</div>
      <${Pager} path="/plans" query=${query} page=${page} size=${SIZE} n=${data.list.length} total=${data.total} />`}`;
}

function Row({ row }) {
  return html`<div role="row" class="row planned" data-row=${row.plan_id}>
    <span role="cell" class="name"><a data-main href="/plans/${row.plan_id}"><bdi>${row.plan_name}</bdi></a></span>
    <span role="cell" class="quiet">${t("list.cases", { n: row.case_count })}</span>
    <span role="cell">${row.last ? html`<a class="inner" href="/executions/${row.last.execution_id}"><${ExecutionStatus} status=${row.last.status} /></a>` : html`<span class="quiet">${t("catalogue.never")}</span>`}</span>
    <span role="cell">${row.last && html`<bdi class="tag">${row.last.env_code}</bdi>`}</span>
    <span role="cell" class="quiet">${row.last && html`<${When} at=${row.last.created_at} />`}</span>
    <span role="cell" class="num">${may("run") && html`<a class="button inner" href=${address("/run", { plan: row.plan_id, env: row.last?.env_code })}>${t("run")}</a>`}</span></div>`;
}
