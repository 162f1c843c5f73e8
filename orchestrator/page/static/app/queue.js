// For operators: everything that is open, who has it, how long it is silent, why it waits.

import { html, useSignal } from "./base.js";
import { get, post } from "./api.js";
import { second } from "./clock.js";
import { span } from "./format.js";
import { useTitle } from "./frame.js";
import { Icon } from "./icons.js";
import { rowKeys, useKeys } from "./keys.js";
import { complaint, ErrorBox, Skeleton, State, subject, When } from "./parts.js";
import { useResource } from "./resource.js";
import { useArrival } from "./router.js";
import { barred, Deed } from "./actions.js";
import { Bar, ExecutionStatus } from "./status.js";
import { t } from "./texts.js";
import { quiet, sentence } from "./verdict.js";

const EVERY = 5000;

export default function Queue() {
  const { data, error, reload } = useResource("queue", looked, { every: EVERY });
  const state = useSignal({ busy: false, error: null });
  useTitle(t("nav.queue"));
  useKeys(rowKeys);
  useArrival(data !== undefined);
  const poll = async () => {
    state.value = { busy: true, error: null };
    try {
      await post("/automation/execution/poll", {});
      state.value = { busy: false, error: null };
      reload();
    } catch (one) {
      state.value = { busy: false, error: one };
    }
  };
  return html`<header class="verdict"><div><h1>${t("nav.queue")}</h1>${data && html`<span class="quiet">${t("queue.open", { n: data.length })}</span>`}</div>
      <div class="actions"><${Deed} why=${state.value.busy ? t("loading") : barred("view")} onClick=${poll}><${Icon} name="again" />${t("queue.look")}</${Deed}></div></header>
    ${state.value.error && html`<p class="error-box" role="alert">${complaint(state.value.error)}</p>`}
    ${error && html`<${ErrorBox} error=${error} again=${reload} />`}
    ${!data ? !error && html`<${Skeleton} />` : !data.length ? html`<${State} title=${t("queue.none")} />` : html`<div class="sheet rows" role="table" aria-label=${t("nav.queue")}>
      <div role="row" class="row queued head">${["status", "name", "queue.progress", "queue.heard", "queue.lease", "created.label"].map((name) => html`<span key=${name} role="columnheader">${t(name)}</span>`)}</div>
      ${data.map((row) => html`<${Row} key=${row.id} row=${row} />`)}</div>`}`;
}

/** Those that wait tell why in their detail. */
async function looked(abort) {
  const said = await get("/automation/execution/list", { status: "0,1,2,3", pageSize: 200 }, { signal: abort });
  const waiting = said.list.filter((row) => row.status < 3).slice(0, 20);
  const details = await Promise.all(waiting.map((row) => get("/automation/execution/detail", { executionId: row.id }, { signal: abort }).catch(() => row)));
  const told = new Map(details.map((row) => [row.id, row]));
  return said.list.map((row) => told.get(row.id) ?? row);
}

function Row({ row }) {
  const silence = row.last_heard ? Math.max(0, Math.round((second.value - Date.parse(row.last_heard)) / 1000)) : null;
  const lease = row.lease_until ? Math.round((Date.parse(row.lease_until) - second.value) / 1000) : null;
  return html`<div role="row" class="row queued" data-row=${row.id}><span role="cell"><${ExecutionStatus} status=${row.status} /></span>
    <span role="cell" class="name"><a data-main href="/executions/${row.id}"><bdi>${subject(row)}</bdi></a><span class="quiet small">#${row.id} · <bdi>${row.env_code}</bdi> · ${row.runner}</span></span>
    <span role="cell" class="counts">${row.status === 3 && html`<${Bar} row=${row} />`}<span class="small">${row.status === 3 ? t("sentence.3", { done: row.total_count - row.pending_count - row.running_count, total: row.total_count }) : row.waiting?.kind === "external" ? t("queue.external") : sentence(row, {})}</span></span>
    <${Count} label="queue.heard" value=${silence === null ? null : t("queue.ago", { s: span(silence) })} warns=${silence > quiet()} />
    <${Count} label="queue.lease" value=${lease === null ? null : span(Math.max(0, lease))} warns=${lease !== null && lease < 30} />
    <span role="cell" class="quiet"><${When} at=${row.created_at} /></span></div>`;
}

/** Where rows have no head above them, its label stands before it. */
const Count = ({ label, value, warns }) => html`<span role="cell" data-label=${t(label)} class=${value === null ? "quiet none" : warns ? "status warn" : "quiet"}>${value ?? "—"}</span>`;
