// One case in the list: outcome, title, what is new about it, and the reason right there.

import { html } from "./base.js";
import { second } from "./clock.js";
import { duration } from "./format.js";
import { address } from "./router.js";
import { CaseStatus, SPOILED, Unchecked } from "./status.js";
import { t } from "./texts.js";
import { toggle } from "./picks.js";
import { where, why } from "./why.js";

export function CaseRow({ row: signal, execution, query, open, left, change, stability, picked }) {
  const row = signal.value;
  const changed = change(row);
  const chosen = picked.value.has(row.id);
  return html`<div class="case${open ? " open" : ""}${left ? " left" : ""}" data-row=${row.id}>
    <span role="cell" class="pick"><input type="checkbox" aria-label=${t("cases.pick", { name: row.case_title })} checked=${chosen} tabindex="-1"
      onChange=${() => toggle(picked, row.id)} /></span>
    <span role="cell"><${CaseStatus} row=${row} word=${false} /></span>
    <span role="cell" class="name"><a class="cut" data-main data-keep href=${address(`/executions/${execution}/cases/${row.id}`, query)} aria-current=${open ? "true" : undefined}
      title=${row.case_title}><bdi>${row.case_title || row.case_key}</bdi></a><span class="why small cut">${below(row)}</span></span>
    <span role="cell" class="marks">${changed && changed !== "missed" && html`<span class="tag change-${changed}">${t(`change.${changed}.short`)}</span>`}
      ${stability?.flaky && html`<span class="tag amber" title=${t("flaky.why")}>${t("flaky")}</span>`}
      ${stability?.recent?.length > 1 && html`<${Recent} runs=${stability.recent} />`}
      ${row.retry_count > 0 && html`<span class="tag">${t("retries", { n: row.retry_count })}</span>`}
      <${Unchecked} row=${row} /></span>
    <span role="cell" class="num small">${took(row)}</span></div>`;
}

/** How its newest runs ended, oldest first: a tall bar did not pass. */
function Recent({ runs }) {
  const said = t("recent", { n: runs.length, passed: runs.filter((run) => run.status === 2).length });
  return html`<svg class="recent" width=${runs.length * 5} height="14" role="img" aria-label=${said}>
    <title>${said}</title>${runs.map(({ execution_id: id, status }, i) => {
      const height = SPOILED.has(status) ? 14 : 7;
      return html`<rect key=${id} class="run-${status}" x=${i * 5} y=${14 - height} width="4" height=${height} />`;
    })}</svg>`;
}

/** The reason of what went wrong; else the key. */
function below(row) {
  if (SPOILED.has(row.status) && row.error_message) return html`${where(row)} ${why(row)}`;
  return html`<bdi class="quiet">${row.status === 5 ? row.error_message?.split("\n", 1)[0] || row.case_key : row.case_key}</bdi>`;
}

function took(row) {
  if (row.duration_seconds !== null) return duration(row.duration_seconds);
  if (row.status === 1 && row.started_at) return duration(Math.max(0, Math.floor((second.value - Date.parse(row.started_at)) / 1000)));
  return html`<span class="quiet" title=${row.status === 0 ? undefined : t("not_measured")}>—</span>`;
}
