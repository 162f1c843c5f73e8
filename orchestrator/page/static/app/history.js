// The last runs of a case: outcome and duration, newest at the right.

import { html } from "./base.js";
import { get } from "./api.js";
import { duration } from "./format.js";
import { ErrorBox, Skeleton, When } from "./parts.js";
import { useResource } from "./resource.js";
import { go } from "./router.js";
import { CaseStatus } from "./status.js";
import { t } from "./texts.js";

const MOST = 20;
const HEIGHT = 48;

export function History({ id, env, here, onEnv, most = MOST }) {
  const asked = { caseId: id, envCode: env, pageSize: most };
  const { data, error, reload } = useResource(JSON.stringify(["history", asked]), (signal) => get("/automation/case/history", asked, { signal }));
  const { data: environments } = useResource("environments", (signal) => get("/automation/environment/list", {}, { signal }));
  if (error) return html`<${ErrorBox} error=${error} again=${reload} />`;
  if (!data) return html`<${Skeleton} lines=${3} />`;
  return html`<div class="actions"><select class="select" aria-label=${t("environment")} value=${env ?? ""} onChange=${(event) => onEnv(event.target.value)}>
      <option value="">${t("filter.any", { what: t("environment") })}</option>
      ${(environments?.list ?? []).map((one) => html`<option key=${one.env_code} value=${one.env_code}>${one.env_code}</option>`)}</select>
      <span>${rate(data)}</span>${data.flaky && html`<span class="tag amber">${t("flaky")}</span>`}</div>
    ${data.flaky && html`<p class="small quiet">${t("flaky.why")}</p>`}
    <${Chart} runs=${[...data.list].reverse()} here=${here} />
    <table class=${env ? "runs one" : "runs"}><thead><tr><th>${t("execution")}</th><th>${t("status")}</th><th>${t("environment")}</th><th class="num">${t("duration")}</th><th>${t("finished")}</th></tr></thead>
      <tbody>${data.list.map((run) => html`<tr key=${run.execution_case_id} aria-current=${run.execution_case_id === here ? "true" : undefined}>
        <td><a href="/executions/${run.execution_id}/cases/${run.execution_case_id}">#${run.execution_id}</a></td><td><${CaseStatus} row=${run} /></td>
        <td><bdi>${run.env_code}</bdi></td><td class="num">${duration(run.duration_seconds)}</td><td class="quiet"><${When} at=${run.finished_at} /></td></tr>`)}</tbody></table>`;
}

const rate = (data) => (data.pass_rate === null ? t("history.unjudged") : t("history.rate", { rate: data.pass_rate, n: data.total }));

export function Chart({ runs, here }) {
  if (runs.length < 2) return null;
  const longest = Math.max(...runs.map((run) => run.duration_seconds ?? 0), 0.001);
  return html`<svg class="chart" width="100%" height=${HEIGHT} viewBox="0 0 ${runs.length * 16} ${HEIGHT}" preserveAspectRatio="xMinYMax meet" aria-hidden="true">
    ${runs.map((run, i) => {
      const height = Math.max(5, ((run.duration_seconds ?? 0) / longest) * (HEIGHT - 6));
      return html`<rect key=${run.execution_case_id} class="seg-${run.status}${run.execution_case_id === here ? " here" : ""}" x=${i * 16} y=${HEIGHT - height} width="12" height=${height} rx="2"
        onClick=${() => go(`/executions/${run.execution_id}/cases/${run.execution_case_id}`)} />`;
    })}</svg>`;
}
