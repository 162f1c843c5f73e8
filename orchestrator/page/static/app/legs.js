// The machines of an execution: how each fares, what it has, where its console and report are.

import { html } from "./base.js";
import { web } from "./actions.js";
import { When } from "./parts.js";
import { inWords } from "./reasons.js";
import { executionIcon } from "./status.js";
import { Icon } from "./icons.js";
import { count, t } from "./texts.js";

const LOST = 8;
/** Attempts that a later one replaced, and cases without a machine. */
const isPast = (leg, legs) => legs.some((other) => other.shard_index === leg.shard_index && other.attempt > leg.attempt);

export default function Legs({ row }) {
  const legs = row.shards ?? [];
  const queued = row.pending_count - legs.reduce((sum, leg) => sum + leg.leased, 0);
  const revisions = new Set(legs.map((leg) => leg.revision).filter(Boolean));
  return html`${revisions.size > 1 && html`<p class="small status warn">${t("legs.differ")}</p>`}
    ${queued > 0 && html`<p class="small quiet queue-note">${t("legs.queue", { n: count(queued) })}</p>`}
    <ol class="sheet rows legs">${legs.map((leg) => html`<${Leg} key=${`${leg.shard_index}-${leg.attempt}`} leg=${leg} past=${isPast(leg, legs)} />`)}</ol>`;
}

function Leg({ leg, past }) {
  const [icon, look] = executionIcon(leg.status);
  const counts = Object.fromEntries(["leased", "running", "done", "failed"].map((name) => [name, count(leg[name])]));
  const word = t(leg.status === LOST ? "legs.lost" : `execution.status.${leg.status}`);
  return html`<li class=${past ? "row leg off" : "row leg"}>
    <span class="status ${look}"><${Icon} name=${icon} turning=${leg.status === 3} />${word}</span>
    <span class="name"><span>${t("legs.number", { n: leg.shard_index })}${leg.attempt > 1 ? ` · ${t("legs.again", { n: leg.attempt })}` : ""}</span>
      <span class="quiet small">${t("legs.counts", counts)}</span>
      ${leg.message && html`<span class="small why">${inWords(leg.message)}</span>`}
      ${leg.status < 3 && leg.wait_reason && html`<span class="small quiet"><bdi>${leg.wait_reason}</bdi></span>`}
      ${leg.revision && html`<span class="quiet small">${t("fact.revision")} <bdi class="mono">${leg.revision}</bdi></span>`}</span>
    <span class="quiet small">${leg.started_at && html`${t("fact.started")} <${When} at=${leg.started_at} />`}</span>
    <span class="links small">${[["view.console", leg.console_url], ["report", leg.report_url]].map(([name, url]) => web(url) && html`
      <a key=${name} href=${url} target="_blank" rel="noopener noreferrer">${t(name)}</a>`)}</span></li>`;
}
