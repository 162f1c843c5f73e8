// What was tried before: retries of a case and of its steps, and the items that share one number.

import { html } from "./base.js";
import { duration } from "./format.js";
import { visible } from "./parts.js";
import { t } from "./texts.js";

export function Attempts({ detail }) {
  const items = Array.isArray(detail.ext?.items) ? detail.ext.items : [];
  const retried = (detail.exchanges?.steps ?? []).filter((step) => step.attempts?.length > 1);
  if (!detail.retry_count && !items.length && !retried.length) return html`<p class="quiet">${t("attempts.one")}</p>`;
  return html`${detail.retry_count > 0 && html`<p>${t("attempts.case", { n: detail.retry_count + 1 })}</p>`}
    ${detail.result_message && html`<p class="said"><bdi>${visible(detail.result_message)}</bdi></p>`}
    ${items.length > 0 && html`<h3>${t("attempts.items")}</h3><ul class="plain-list">${items.map((item, i) => html`<li key=${i}><code>${visible(JSON.stringify(item))}</code></li>`)}</ul>`}
    ${retried.map((step, i) => html`<section key=${i}><h3><bdi>${step.name}</bdi></h3><ol class="plain-list">${step.attempts.map((one, n) => html`
      <li key=${n}>${t("attempts.number", { n: n + 1 })} <bdi class="quiet">${visible(one.error_info?.message ?? one.error ?? one.status ?? "")}</bdi> <span class="num small">${duration(one.duration)}</span></li>`)}</ol></section>`)}`;
}
