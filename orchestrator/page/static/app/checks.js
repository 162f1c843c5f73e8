// What a step checked: the failed first, expected beside actual, and what differs in them.

import { html } from "./base.js";
import { difference } from "./difference.js";
import { Icon } from "./icons.js";
import { bare } from "./json.js";
import { visible } from "./parts.js";
import { t } from "./texts.js";

const LONG = 2000;

export function Checks({ step }) {
  const checks = step.validations ?? [];
  const failed = checks.filter((one) => !one.passed);
  const passed = checks.filter((one) => one.passed);
  return html`${failed.map((one, i) => html`<${Failed} key=${i} check=${one} place=${step.meta?.checks?.[checks.indexOf(one)]} />`)}
    ${passed.length > 0 && html`<ul class="passed-checks small">${passed.map((one, i) => html`<li key=${i} class="cut"><span class="status good"><${Icon} name="passed" /></span>
      <code>${one.type}${one.path ? ` ${visible(one.path)}` : ""}</code> <bdi class="quiet">${one.description || short(one.actual)}</bdi></li>`)}</ul>`}`;
}

const cut = (text) => (text.length > LONG ? `${text.slice(0, LONG)}…` : text);
const short = (value) => cut(visible(bare(value))).slice(0, 80);

/** A value that was cut says how much there was. */
const valueOf = (value) => (value && typeof value === "object" && value.truncated ? { text: bare(value.value), full: value.full_size } : { text: bare(value) });

function Failed({ check, place }) {
  const [expected, actual] = [valueOf(check.expected), valueOf(check.actual)];
  const [left, right] = difference(cut(visible(expected.text)), cut(visible(actual.text)));
  return html`<div class="check"><p><span class="status bad"><${Icon} name="failed" /><span class="unseen">${t("step.failed")}</span></span>
      <code>${check.type}${check.path ? ` ${visible(check.path)}` : ""}</code> <bdi>${check.description}</bdi> ${place && html`<code class="quiet place">${place}</code>`}</p>
    <dl><dt>${t("expected")}</dt><dd class="expected"><${Marked} pieces=${left} /><${Cut} full=${expected.full} /></dd>
      <dt>${t("actual")}</dt><dd class="actual"><${Marked} pieces=${right} /><${Cut} full=${actual.full} /></dd></dl>
    ${tellsMore(check) && html`<p class="small quiet"><bdi>${visible(check.error)}</bdi></p>`}</div>`;
}

/** Says more than that two values are not the same, in either language of the plugin. */
export const tellsMore = (check) => Boolean(check.error) && !/^(?:expected (?:(?!, but ).)*, but got |期望(?:(?!，但).)*，实际为 )/i.test(check.error);
const Marked = ({ pieces }) => html`<bdi>${pieces.map((piece, i) => (piece.differs ? html`<mark key=${i}>${piece.text}</mark>` : piece.text))}</bdi>`;
const Cut = ({ full }) => full && html` <span class="quiet small">${t("cut", { n: full })}</span>`;
