// The sentence under the status: what it means, why, and what came of the cases.

import { second } from "./clock.js";
import { clockTime, span } from "./format.js";
import { rich, t } from "./texts.js";
import { who } from "./parts.js";
import { html } from "./base.js";
import { reason } from "./reasons.js";
import { me } from "./session.js";

const since = (at) => Math.max(0, Math.round((second.value - Date.parse(at)) / 1000));
export const unheard = (row) => row.blocked_count + row.pending_count + row.running_count;
export const done = (row) => row.total_count - row.pending_count - row.running_count;
export const spoiled = (row) => row.failed_count + row.blocked_count + row.not_found_count + row.canceled_count;

const SENTENCES = {
  0: () => t("sentence.0"),
  1: (row) => t("sentence.1", { s: span(since(row.updated_at ?? row.created_at)) }),
  2: (row) => waits(row),
  3: (row) => runs(row),
  4: (row) => passed(row),
  5: (row, { changes }) => failed(row, changes),
  6: (row) => canceled(row),
  7: (row) => rich("sentence.7", { reason: reason(row.trigger_message) }),
  8: (row, { marked }) => lost(row, marked),
};

export const sentence = (row, known) => SENTENCES[row.status](row, known);

function waits(row) {
  const why = row.waiting;
  if (!why) return t("sentence.0");
  if (why.kind === "external") return t("sentence.2.external");
  if (why.kind === "slots") return why.ahead ? t("sentence.2.slots", { n: why.ahead, m: why.slots }) : t("sentence.2.next", { m: why.slots });
  if (why.reason) return rich("sentence.2.reason", { who: why.kind === "jenkins" ? "Jenkins" : row.runner, why: reason(why.reason) });
  return t("sentence.2.taken", { s: span(since(why.since)) });
}

/** Seconds of silence that are told: more than between two heartbeats, and well before the lease ends. */
export const quiet = () => Math.min(20, (me.value?.lease ?? 90) / 2);

/** Sign of life: heard, then the lease, then when it will be closed. */
function runs(row) {
  const counted = t("sentence.3", { done: done(row), total: row.total_count });
  if (!row.last_heard) return counted;
  const silence = since(row.last_heard);
  const left = row.lease_until ? Math.round((Date.parse(row.lease_until) - second.value) / 1000) : null;
  if (left !== null && silence > quiet()) {
    return left > 0 ? t("sentence.3.silent", { counted, s: span(silence), left: span(left), at: clockTime(Date.parse(row.lease_until)) }) : t("sentence.3.over", { counted, s: span(silence) });
  }
  return t("sentence.3.heard", { counted, s: span(silence) });
}

function passed(row) {
  if (row.passed_count === 0) return t("sentence.4.nothing", { n: row.skipped_count });
  return row.skipped_count ? t("sentence.4.skipped", { n: row.passed_count, skipped: row.skipped_count }) : t("sentence.4", { n: row.passed_count });
}

function failed(row, changes) {
  if (!changes) return t("sentence.5", { n: spoiled(row) });
  return t("sentence.5.changes", { n: spoiled(row), a: changes.new.length, b: changes.still.length });
}

function canceled(row) {
  const values = { t: row.finished_at ? clockTime(Date.parse(row.finished_at)) : "—", n: row.canceled_count };
  const by = row.ended_how === "cancel" && (row.ended_name || row.ended_by !== null) ? who(row.ended_by, row.ended_name) : null;
  if (by) return rich("sentence.6.by", { ...values, who: html`<bdi>${by}</bdi>` });
  return t(["abort", "stop"].includes(row.ended_how) ? `sentence.6.${row.ended_how}` : "sentence.6", values);
}

/** What came late is no longer lacking, and was at the end. */
function lost(row, marked) {
  const late = row.late_count ?? 0;
  const values = { n: marked.lacking + late, k: late, reason: reason(row.trigger_message) || t("ended.lease") };
  const told = rich(late ? "sentence.8.late" : "sentence.8", values);
  if (!row.outcome) return told;
  const healed = t("sentence.8.healed", { at: row.healed_at ? clockTime(Date.parse(row.healed_at)) : "—", outcome: t(`execution.status.${row.outcome}`) });
  return late ? rich("sentence.8.late.healed", { lost: told, healed }) : healed;
}
