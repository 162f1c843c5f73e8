// Small pieces that all views share.

import { html, signal, useEffect, useSignal } from "./base.js";
import { moment, second } from "./clock.js";
import { duration, exact, when } from "./format.js";
import { Icon } from "./icons.js";
import { t } from "./texts.js";

export function When({ at }) {
  if (!at) return html`<span class="quiet">—</span>`;
  const value = Date.parse(at);
  return html`<time datetime=${at} title=${exact(value)}>${when(value, moment.value)}</time>`;
}

/** Counts on while it runs. */
export function Elapsed({ row }) {
  if (row.duration_seconds !== null) return duration(row.duration_seconds);
  if (row.status !== 3 || !row.started_at) return html`<span class="quiet">—</span>`;
  return duration(Math.max(0, Math.floor((second.value - Date.parse(row.started_at)) / 1000)));
}

export const who = (id, name) => name ?? (id === null ? "—" : t("user.number", { n: String(id) }));

/** Name of what was run: the plan with its round, or the case. */
export function subject(row) {
  const name = row.plan_name ?? row.case_title;
  if (!name) return row.plan_id ? t("plan.number", { n: String(row.plan_id) }) : t("case.number", { n: String(row.source_case_id) });
  return row.plan_round_no ? `${name} · ${t("round", { n: row.plan_round_no })}` : name;
}

export function ErrorBox({ error, again }) {
  return html`<div class="error-box" role="alert"><p>${complaint(error)}</p>
    ${again && html`<button class="button" type="button" onClick=${again}><${Icon} name="again" />${t("again")}</button>`}</div>`;
}

/** One sentence of what went wrong, in the reader's language where the code says enough. */
export function complaint(error) {
  if (error.kind === "offline") return t("error.offline");
  if (error.kind === "foreign") return t("error.foreign", { n: error.status });
  if (error.kind !== "refused") return t("error.own", { text: String(error.message ?? error) });
  const key = `error.${error.code}`;
  const translated = t(key, { s: error.retryAfter });
  return translated === key ? error.message : translated;
}

export function State({ title, children }) {
  return html`<section class="state"><h2>${title}</h2>${children}</section>`;
}

/** There is none of that number, or no more. */
export const NoPlan = ({ id }) => html`<${State} title=${t("plan.none", { n: String(id) })}><p><a href="/plans">${t("nav.plans")}</a></p></${State}>`;

/** Grey lines where content will be, once that takes longer than a blink. */
export const Skeleton = ({ lines = 8, cls = "line" }) => html`<div aria-busy="true" class="skeletons">
  <span class="unseen">${t("loading")}</span>${Array.from({ length: lines }, (_, i) => html`<div key=${i} class="skeleton ${cls}"></div>`)}</div>`;

export function Copy({ text, label = t("copy") }) {
  const done = useSignal(null);
  useEffect(() => {
    const timer = done.value !== null && setTimeout(() => (done.value = null), 1500);
    return () => clearTimeout(timer);
  }, [done.value]);
  return html`<button class="button plain small copy" type="button" aria-label=${label ? undefined : t("copy")} onClick=${async () => (done.value = await copied(text))}>
    <${Icon} name=${done.value ? "passed" : "copy"} />${done.value === null ? label : t(done.value ? "copied" : "copy.failed")}</button>`;
}

/** True when it is on the clipboard; plain http has no clipboard but a marked text. */
async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** The last that was copied by a key or a menu, which cannot say so themselves: whether it went well. */
export const copiedByKey = signal(null);

let said = 0;

export async function copyByKey(text) {
  copiedByKey.value = await copied(text);
  clearTimeout(said); // the word before this one's would take this one away
  said = setTimeout(() => (copiedByKey.value = null), 2000);
}

const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
/** Marks that turn text around, and controls, as symbols that can be seen. */
export const visible = (text) => String(text)
  .replace(CONTROL, (c) => (c === "\u007f" ? "␡" : String.fromCharCode(0x2400 + c.charCodeAt(0))))
  .replace(BIDI, (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
