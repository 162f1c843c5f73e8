// The failed step beside the same step when the case last passed here: only what differs.

import { html, useSignal } from "./base.js";
import { get } from "./api.js";
import { differences } from "./flat.js";
import { bare } from "./json.js";
import { complaint, visible } from "./parts.js";
import { t } from "./texts.js";

const MOST = 40;

export function Compare({ detail, step }) {
  const state = useSignal(null);
  const last = detail.last_passed;
  if (!last) return html`<p class="small quiet">${t("compare.never")}</p>`;
  if (!last.exchanges) return html`<p class="small quiet">${t("compare.not_kept", { n: String(last.execution_id) })}</p>`;
  const load = async () => {
    state.value = {};
    try {
      const passed = await get("/automation/execution/case/detail", { executionCaseId: last.execution_case_id });
      const other = passed.exchanges?.steps.find((one) => one.name === step.name);
      state.value = other ? { found: compared(other, step) } : { error: t("compare.no_step") };
    } catch (error) {
      state.value = { error: complaint(error) };
    }
  };
  const { found, error } = state.value ?? {};
  return html`<section class="compare"><p>${state.value
      ? html`<b>${t("compare")}</b> <a href="/executions/${last.execution_id}/cases/${last.execution_case_id}">#${last.execution_id}</a>`
      : html`<button type="button" class="button" onClick=${load}>${t("compare")} (#${last.execution_id})</button>`}</p>
    ${error && html`<p class="status bad">${error}</p>`}
    ${found && (found.length ? html`<table><thead><tr><th>${t("compare.where")}</th><th>${t("compare.then")}</th><th>${t("compare.now")}</th></tr></thead>
      <tbody>${found.slice(0, MOST).map((one) => html`<tr key=${one.path}><td><code>${visible(one.path)}</code></td><td class="expected"><${Value} value=${one.then} /></td><td class="actual"><${Value} value=${one.now} /></td></tr>`)}</tbody></table>
      ${found.length > MOST && html`<p class="small quiet">${t("compare.more", { n: found.length - MOST })}</p>`}` : html`<p class="quiet">${t("compare.same")}</p>`)}</section>`;
}

const Value = ({ value }) => (value === undefined ? html`<span class="quiet">${t("compare.absent")}</span>` : html`<bdi class="mono">${value === "" ? '""' : visible(bare(value)).slice(0, 300)}</bdi>`);

/** Request before response: what was sent differently explains what came differently. */
function compared(then, now) {
  const side = (step) => ({
    request: { ...part(step.response?.request, ["method", "url", "headers", "body"]) },
    response: { ...part(step.response, ["status_code", "body"]) },
  });
  return differences(side(then), side(now));
}

const part = (from, names) => Object.fromEntries(names.filter((name) => from?.[name] !== undefined).map((name) => [name, parsed(from[name])]));

/** A body of JSON text is compared by what it says. */
function parsed(value) {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
