// The steps of a case: what each checked, what it asked, what it got.

import { html, useSignal } from "./base.js";
import { Checks } from "./checks.js";
import { Compare } from "./compare.js";
import { Exchange } from "./exchange.js";
import { curl } from "./curl.js";
import { duration } from "./format.js";
import { Icon } from "./icons.js";
import { useKeys } from "./keys.js";
import { Copy, copyByKey, visible } from "./parts.js";
import { inWords } from "./reasons.js";
import { route } from "./router.js";
import { t } from "./texts.js";

const ICONS = { success: ["passed", "good"], failed: ["failed", "bad"], error: ["failed", "bad"], skipped: ["skipped", ""] };
const isBad = (step) => step.status === "failed" || step.status === "error";

/** The first failed step, opened; the message where there is no step that could say more. */
export function Failure({ detail, why }) {
  const steps = detail.exchanges?.steps ?? [];
  const at = steps.findIndex((step) => isBad(step) && !steps.some((other) => isBad(other) && other.parent === step.name));
  const step = steps[at] ?? steps.find(isBad);
  const request = step?.response?.request;
  useKeys({ y: () => request && copyByKey(curl(request).command) });
  if (!step) return html`${why}<${NoSteps} detail=${detail} />`;
  const error = step.error_info;
  return html`${!step.validations?.some((one) => !one.passed) && why}
    <section class="failed-step"><h3><span class="quiet">${t("step.number", { n: at + 1 })}</span> <bdi>${step.name}</bdi> <${Place} text=${step.meta?.location} /></h3>
      ${error?.suggestion && html`<p class="small quiet">${visible(error.suggestion)}</p>`}
      <${Checks} step=${step} />
      <${Compare} detail=${detail} step=${step} />
      <${Exchange} step=${step} open /></section>`;
}

export function Steps({ detail }) {
  const steps = detail.exchanges?.steps;
  if (!steps?.length) return html`<${NoSteps} detail=${detail} />`;
  return html`<ol class="steps">${steps.map((step, i) => html`<${Step} key=${i} step=${step} number=${i + 1} open=${route.value.query.step === String(i + 1)} />`)}</ol>
    ${detail.exchanges.left_out > 0 && html`<p class="small quiet">${t("steps.left_out", { n: detail.exchanges.left_out })}</p>`}`;
}

function NoSteps({ detail }) {
  return html`<p class="quiet small">${inWords(detail.exchanges_note ?? "") || t(detail.status < 2 ? "steps.not_yet" : "steps.none")}</p>`;
}

function Step({ step, number, open: first }) {
  const open = useSignal(first);
  const [icon, cls] = ICONS[step.status] ?? ICONS.skipped;
  return html`<li class="step-item${step.parent ? " inner" : ""}"><button type="button" class="step-head" aria-expanded=${open.value} onClick=${() => (open.value = !open.value)}>
      <span class="quiet">${number}</span><span class="status ${cls}"><${Icon} name=${icon} /><span class="unseen">${t(`step.${step.status}`)}</span></span>
      <bdi class="grow">${step.name}</bdi>${step.validations?.length ? html`<span class="quiet small num">${t("step.checks", { n: step.validations.length })}</span>` : null}
      <span class="num small">${duration(step.meta?.duration)}</span></button>
    ${open.value && html`<div class="step-body"><p class="small quiet"><${Place} text=${step.meta?.location} /> ${step.meta?.reason && html`<bdi>${step.meta.reason}</bdi>`}</p>
      ${step.error_info?.message && html`<p class="said"><bdi>${visible(step.error_info.message)}</bdi></p>`}
      <${Checks} step=${step} /><${Exchange} step=${step} /></div>`}</li>`;
}

export const Place = ({ text }) => text && html`<span class="place"><code>${visible(text)}</code><${Copy} text=${text} label="" /></span>`;
