// Everything else that is known of an execution.

import { html } from "./base.js";
import { web } from "./actions.js";
import { exact } from "./format.js";
import { Copy, Elapsed, who } from "./parts.js";
import { projectName } from "./projects.js";
import { reason } from "./reasons.js";
import { t } from "./texts.js";

export default function Facts({ row }) {
  const facts = [
    ["number", html`<span class="mono">${row.execution_no}</span><${Copy} text=${row.execution_no} label="" />`],
    ["project", row.project_id !== null && projectName(row.project_id)],
    ["plan", row.plan_id && html`<a href="/plans/${row.plan_id}"><bdi>${row.plan_name ?? t("plan.number", { n: String(row.plan_id) })}</bdi></a>`],
    ["round", row.plan_round_no],
    ["environment", html`<bdi>${row.env_code}</bdi>`],
    ["mode", t(`mode.${row.run_mode}`)],
    ["trigger", t(`trigger.${row.trigger_type}`)],
    ["started_by", html`<bdi>${who(row.trigger_by, row.trigger_name)}</bdi>`],
    ["remark", row.ext.remark && html`<bdi>${row.ext.remark}</bdi>`],
    ["rerun", row.rerun_of && html`<a href="/executions/${row.rerun_of}">#${row.rerun_of}</a>`],
    ["reruns", html`<a href="/executions?rerun=${row.id}">${t("facts.reruns")}</a>`],
    ["created", row.created_at && exact(Date.parse(row.created_at))],
    ["started", row.started_at && exact(Date.parse(row.started_at))],
    ["finished", row.finished_at && exact(Date.parse(row.finished_at))],
    ["duration", html`<${Elapsed} row=${row} />`],
    ["shards", row.shard_total > 1 && t("legs.of", { n: row.shard_total })],
    ["runner", row.runner],
    ["job", row.jenkins_job_name],
    ["build", row.jenkins_build_number && (web(row.jenkins_build_url)
      ? html`<a href=${row.jenkins_build_url} target="_blank" rel="noopener noreferrer">#${row.jenkins_build_number} (${new URL(row.jenkins_build_url).host})</a>` : `#${row.jenkins_build_number}`)],
    ["revision", row.revision && html`<bdi class="mono">${row.revision}</bdi>`],
    ["ended", row.ended_how && `${t(`ended.${row.ended_how}`)}${row.ended_by !== null || row.ended_name ? ` · ${who(row.ended_by, row.ended_name)}` : ""}`],
    ["message", row.trigger_message && reason(row.trigger_message)],
  ];
  return html`<dl class="sheet facts">${facts.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "").map(([name, value]) => html`
    <div key=${name}><dt>${t(`fact.${name}`)}</dt><dd>${value}</dd></div>`)}</dl>`;
}
