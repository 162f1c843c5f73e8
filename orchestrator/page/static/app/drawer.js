// One case of one execution: what failed first, then everything else that is known of it.

import { html, useEffect, useRef } from "./base.js";
import { get } from "./api.js";
import { Attempts } from "./attempts.js";
import { duration } from "./format.js";
import { History } from "./history.js";
import { Icon } from "./icons.js";
import { Copy, ErrorBox, Skeleton, visible } from "./parts.js";
import { reason } from "./reasons.js";
import { useResource } from "./resource.js";
import { address, filter, route } from "./router.js";
import { CaseStatus, isUnheard, SPOILED, Unchecked } from "./status.js";
import { Failure, Steps } from "./steps.js";
import { t } from "./texts.js";

const TABS = ["failure", "steps", "attempts", "history", "stack"];

export default function Drawer({ id, store, execution, toNext, close, change, stability }) {
  const row = store.rows.get(id)?.value;
  const box = useRef();
  useEffect(() => {
    box.current?.querySelector("h2")?.focus({ preventScroll: true });
    if (box.current) box.current.scrollTop = 0;
  }, [id]);
  const key = row && JSON.stringify(["case", id, row.status, row.retry_count, row.marked]);
  const { data, error, stale, reload } = useResource(key ?? "none", (signal) => (row ? get("/automation/execution/case/detail", { executionCaseId: id }, { signal }) : null));
  if (!row) return html`<aside class="sheet drawer"><${ErrorBox} error=${{ message: t("case.none") }} /></aside>`;
  const bad = SPOILED.has(row.status);
  const tabs = TABS.filter((name) => (name !== "failure" || bad) && (name !== "stack" || bad));
  const tab = tabs.includes(route.value.query.tab) ? route.value.query.tab : tabs[0];
  const detail = data && !stale && data.id === id ? data : null;
  return html`<aside ref=${box} class="sheet drawer" aria-label=${t("case")}>
    <div class="drawer-head">
      <div class="actions"><${CaseStatus} row=${row} /><${Unchecked} row=${row} />${change(row) && html`<span class="tag change-${change(row)}">${t(`change.${change(row)}.short`)}</span>`}
        ${stability?.flaky && html`<span class="tag amber" title=${t("flaky.why")}>${t("flaky")}</span>`}
        <span class="spacer"></span>
        <button class="button plain small" type="button" onClick=${() => toNext(-1)}><${Icon} name="left" /><span class="wide">${t("case.previous")}</span><span class="unseen">p</span></button>
        <button class="button plain small" type="button" onClick=${() => toNext(1)}><span class="wide">${t("case.next")}</span><span class="unseen">n</span><${Icon} name="right" /></button>
        <button class="button plain square" type="button" aria-label=${t("close")} title="${t("close")} (Esc)" onClick=${close}><${Icon} name="close" /></button></div>
      <h2 tabindex="-1"><bdi>${row.case_title || row.case_key}</bdi></h2>
      <p class="small quiet facts-line"><a href="/cases/${row.case_id}"><bdi>${row.case_key}</bdi></a>
        <span>${duration(row.duration_seconds)}${stability?.average_duration_seconds ? ` · ${t("case.average", { s: duration(stability.average_duration_seconds) })}` : ""}</span>
        ${row.worker && html`<span>${row.worker}</span>`}${row.retry_count > 0 && html`<span>${t("retries", { n: row.retry_count })}</span>`}</p>
      ${row.pytest_nodeid && html`<p class="nodeid"><bdi class="mono cut" title=${row.pytest_nodeid}>${visible(row.pytest_nodeid)}</bdi><${Copy} text=${row.pytest_nodeid} label=${t("copy.nodeid")} />
        <${Copy} text=${command(row, execution)} label=${t("copy.pytest")} /></p>`}
      <nav class="tabs" aria-label=${t("case")}>${tabs.map((name) => html`<a key=${name} data-keep aria-current=${tab === name ? "page" : undefined}
        href=${address(route.value.path, { ...route.value.query, tab: name, step: undefined })}>${t(`tab.${name}`)}</a>`)}</nav>
    </div>
    <div class="drawer-body">${error && html`<${ErrorBox} error=${error} again=${reload} />`}
      ${detail ? html`<${Tab} tab=${tab} detail=${detail} execution=${execution} />` : !error && html`<${Skeleton} lines=${3} />`}</div></aside>`;
}

/** Just this case, as a shell reads it. */
function command(row, execution) {
  const quoted = `'${row.pytest_nodeid.replaceAll("'", "'\\''")}'`;
  const env = /\.ya?ml::/.test(row.pytest_nodeid) ? ` --sisyphus-profile=${execution.env_code}` : "";
  return `pytest ${quoted}${env}`;
}

function Tab({ tab, detail, execution }) {
  if (tab === "failure") return html`<${Failure} detail=${detail} why=${html`<${Why} detail=${detail} />`} />`;
  if (tab === "steps") return html`<${Steps} detail=${detail} />`;
  if (tab === "attempts") return html`<${Attempts} detail=${detail} />`;
  if (tab === "history") return html`<${History} id=${detail.case_id} env=${route.value.query.env ?? execution.env_code} here=${detail.id} onEnv=${(env) => filter({ env: env || undefined })} />`;
  return detail.stack_trace ? html`<div class="actions"><${Copy} text=${detail.stack_trace} /></div><pre class="code">${visible(detail.stack_trace)}</pre>` : html`<p class="quiet">${t("stack.none")}</p>`;
}

/** The message; what the service said itself is marked as its own. */
function Why({ detail }) {
  if (!detail.error_message) return null;
  const own = isUnheard(detail) || detail.status === 7;
  return html`<div class=${own ? "message own" : "message"}>${own && html`<p class="small quiet">${t("case.by_service")}</p>`}
    <p class="said">${own ? reason(detail.error_message) : html`<bdi>${visible(detail.error_message)}</bdi>`}</p></div>`;
}
