// Why a case did not pass, in one line: the step and the check, then what was said.

import { html } from "./base.js";
import { reason } from "./reasons.js";
import { isUnheard } from "./status.js";
import { t } from "./texts.js";

/** Step and check, where the plugin told them. */
export function where(row) {
  if (isUnheard(row)) return html`<b class="status warn">${t("case.status.unheard")}</b>`;
  if (!row.cause) return null;
  const { step, check, path } = row.cause;
  return html`<b class="step"><bdi>${step}</bdi></b> ${check && html`<code>${check}${path ? ` ${path}` : ""}</code>`}`;
}

/** As the plugin says it, in either language. */
const EQUAL = /^(?:Expected|期望) (.*)(?:, but got |，实际为 )(.*)$/;

export function why(row) {
  const [line] = (row.error_message ?? "").split("\n", 1);
  if (isUnheard(row) || row.status === 7) return reason(line);
  const [, wanted, got] = (row.cause?.check === "eq" && line.match(EQUAL)) || [];
  return html`<bdi>${wanted === undefined ? line || t(`case.status.${row.status}`) : t("cause.eq", { wanted, got })}</bdi>`;
}
