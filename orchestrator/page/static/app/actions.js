// What can be done with an execution. The server decides; what may not be done says why.

import { html, signal, useSignal } from "./base.js";
import { freshKey, post } from "./api.js";
import { Confirm } from "./confirm.js";
import { lost } from "./connection.js";
import { Icon } from "./icons.js";
import { Menu } from "./menu.js";
import { complaint, copyByKey, subject } from "./parts.js";
import { go } from "./router.js";
import { may } from "./session.js";
import { isOpen } from "./status.js";
import { t } from "./texts.js";
import { done, spoiled } from "./verdict.js";

const MANY = 100;
/** What is asked before it is done: {text, go, danger}; one at a time. */
export const question = signal(null);
/** Why the last thing that was asked for did not happen. */
const refused = signal(null);

export const barred = (permission) => (!may(permission) ? t("action.not_allowed", { what: t(`permission.${permission}`) }) : lost.value ? t("connection.lost.action") : null);

/** What the service said of the execution that was started last: {id, texts}. */
export const warned = signal(null);

/** To what has just been started. */
export function follow(row) {
  warned.value = row.warnings ? { id: row.id, texts: row.warnings } : null;
  go(`/executions/${row.id}`);
}

async function rerun(execution, body) {
  refused.value = null;
  try {
    const row = await post("/automation/execution/rerun", { executionId: execution.id, ...body }, { "Idempotency-Key": freshKey() });
    follow(row);
  } catch (error) {
    refused.value = { error, id: execution.id };
  }
}

async function cancel(execution) {
  refused.value = null;
  try {
    await post("/automation/execution/cancel", { executionId: execution.id });
  } catch (error) {
    refused.value = { error, id: execution.id };
  }
}

const ask = (text, act, danger = false) => (question.value = { text, act, danger });
const again = (execution, body, n) => (n > MANY
  ? ask(t("action.rerun.ask", { n, name: subject(execution) }), () => rerun(execution, body))
  : rerun(execution, body));

export const rerunFailed = (execution) => ask(t("action.failed.ask", { n: spoiled(execution), name: subject(execution) }), () => rerun(execution, { onlyFailed: true }));

export function Actions({ row }) {
  const why = barred("run");
  const open = isOpen(row);
  return html`<div class="actions deeds">
    ${open
      ? html`<${Deed} why=${why} danger onClick=${() => ask(t("action.cancel.ask", { name: subject(row), n: row.total_count - done(row) }), () => cancel(row), true)}>${t("action.cancel")}</${Deed}>`
      : spoiled(row) > 0 && html`<${Deed} why=${why} primary onClick=${() => again(row, { onlyFailed: true }, spoiled(row))}>${t("action.failed")}</${Deed}>`}
    ${!open && html`<${Deed} why=${why} onClick=${() => again(row, {}, row.total_count)}><${Icon} name="again" />${t("action.rerun")}</${Deed}>`}
    <${Menu} right title=${t("action.more")} cls="button square" label=${html`<${Icon} name="more" />`}>
      <button type="button" onClick=${() => copyByKey(location.href)}>${t("action.link")}</button>
      ${row.report_url && html`<a href=${row.report_url} target="_blank" rel="noopener noreferrer">${t("report")} <${Icon} name="open" /></a>`}
      ${row.console_url && html`<a href=${row.console_url} target="_blank" rel="noopener noreferrer">${t("console.raw")} <${Icon} name="open" /></a>`}
      ${web(row.jenkins_build_url) && html`<a href=${row.jenkins_build_url} target="_blank" rel="noopener noreferrer">${t("build")} <${Icon} name="open" /></a>`}
    </${Menu}>
    ${refused.value?.id === row.id && html`<${Refusal} error=${refused.value.error} />`}
    <${Question} /></div>`;
}

/** http(s) only: an address may come from a runner. */
export const web = (text) => (/^https?:\/\//i.test(text ?? "") ? text : null);

export function Deed({ why, primary, danger, type = "button", onClick, children }) {
  const cls = `button${primary ? " primary" : ""}${danger ? " danger" : ""}`;
  return html`<button type=${type} class=${cls} aria-disabled=${why ? "true" : undefined} title=${why ?? undefined}
    onClick=${why ? undefined : onClick}>${children}${why && html`<span class="unseen"> (${why})</span>`}</button>`;
}

/** Refused because of another execution, or not triggered: that execution is one press away. */
export function Refusal({ error }) {
  const other = error.data?.execution_id ?? error.data?.id;
  return html`<p class="error-box refusal" role="alert">${complaint(error)}
    ${other && html` <a href="/executions/${other}">${t("action.other", { n: String(other) })}</a>`}</p>`;
}

function Question() {
  if (!question.value) return null;
  const { text, act, danger } = question.value;
  const close = () => (question.value = null);
  return html`<${Confirm} text=${text} danger=${danger} onClose=${close} onYes=${() => (close(), act())} />`;
}

/** Just these cases again. */
export function RunThese({ execution, rows }) {
  const busy = useSignal(false);
  const why = isOpen(execution) ? t("action.still_open") : barred("run");
  const ids = rows.map((row) => row.case_id);
  const act = async () => {
    busy.value = true;
    await again(execution, { caseIds: ids }, ids.length);
    busy.value = false;
  };
  return html`<button type="button" class="button plain small" aria-disabled=${why || busy.value ? "true" : undefined} title=${why ?? undefined} onClick=${why || busy.value ? undefined : act}>${t("action.these", { n: ids.length })}</button>`;
}
