// Statuses: icon, word, colour.

import { html } from "./base.js";
import { Icon } from "./icons.js";
import { t } from "./texts.js";

/** [icon, class] by number. */
const EXECUTION = [
  ["waiting", ""], ["running", "live"], ["waiting", "live"], ["running", "live"], ["passed", "good"],
  ["failed", "bad"], ["canceled", ""], ["warning", "bad"], ["warning", "warn"],
];
const CASE = [
  ["pending", ""], ["running", "live"], ["passed", "good"], ["failed", "bad"], ["blocked", "warn"],
  ["skipped", ""], ["unknown", "odd"], ["canceled", ""],
];
export const UNHEARD = ["unknown", "warn"];

export const OPEN = new Set([0, 1, 2, 3]);
export const isOpen = (execution) => OPEN.has(execution.status);
/** Outcomes that spoil an execution, as `onlyFailed` takes them. */
export const SPOILED = new Set([3, 4, 6, 7]);
export const COUNTS = [
  [2, "passed_count"], [3, "failed_count"], [4, "blocked_count"], [6, "not_found_count"],
  [5, "skipped_count"], [7, "canceled_count"], [1, "running_count"],
];

export const executionIcon = (status) => EXECUTION[status] ?? UNHEARD;
/** What the service set because no result came is not what a fixture says. */
export const isUnheard = (row) => row.marked && row.status === 4;
export const caseIcon = (row) => (isUnheard(row) ? UNHEARD : CASE[row.status] ?? UNHEARD);
export const caseWord = (row) => t(isUnheard(row) ? "case.status.unheard" : `case.status.${row.status}`);

export function ExecutionStatus({ status }) {
  const [icon, cls] = executionIcon(status);
  return html`<span class="status ${cls}"><${Icon} name=${icon} turning=${status === 3 || status === 1} />${t(`execution.status.${status}`)}</span>`;
}

export function CaseStatus({ row, word = true }) {
  const [icon, cls] = caseIcon(row);
  return html`<span class="status ${cls}"><${Icon} name=${icon} turning=${row.status === 1} />
    <span class=${word ? "" : "unseen"}>${caseWord(row)}</span></span>`;
}

/** Beside the status of a case that passed and of which no step checked anything. */
export function Unchecked({ row }) {
  return row.status === 2 && row.checks?.total === 0 && html`<span class="tag amber" title=${t("unchecked.why")}>${t("unchecked")}</span>`;
}

/** Parts of the whole, in a fixed order; the words are beside it. */
export function Bar({ row, tall = false }) {
  const total = Math.max(row.total_count, 1);
  let x = 0;
  const parts = COUNTS.map(([status, name]) => {
    const width = (row[name] / total) * 100;
    const part = width > 0 && html`<rect key=${status} class="seg-${status}" x=${x} y="0" width=${width} height="10" />`;
    x += width;
    return part;
  });
  return html`<svg class=${tall ? "bar tall" : "bar"} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${parts}</svg>`;
}
