// What the service keeps of reasons, which is Chinese, in the reader's language.

import { computed, html } from "./base.js";
import { language, service } from "./texts.js";

const HAN = /\p{Script=Han}/u;
/** Also what only joins two parts. */
const CHINESE = /[\p{Script=Han}：；（）]/u;
const literal = (text) => text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");

/**
 * A value is as short as can be; what ends a sentence may be anything. One that ends in a word is no
 * beginning of a longer one.
 */
function pattern(template) {
  const text = literal(template).replace(/\{(\w+)\}$/, "(?<$1>[^]*)").replace(/\{(\w+)\}/g, "(?<$1>.*?)");
  return new RegExp(`^${text}${/[}：；（）]$/.test(template) ? "" : "(?=$|[：；（）。，])"}`, "u");
}

/** The longest first: one may begin as another does. */
const sentences = computed(() => Object.entries(service.value)
  .sort(([a], [b]) => b.length - a.length)
  .map(([template, said]) => [pattern(template), said, template.match(/\{(\w+)\}$/)?.[1]]));

/** A reason in a reason, …; each is a frame. */
const DEEPEST = 50;

/** As text; what has no translation stays as it was said. */
export function translated(text, depth = 0) {
  if (depth > DEEPEST) return text;
  let said = "";
  for (let rest = text; rest;) {
    const [first, length] = firstSentence(rest, depth);
    said += first;
    rest = rest.slice(length);
  }
  return said;
}

/** What the text begins with, translated, and its length; all of it where it is not the service's. */
function firstSentence(text, depth) {
  for (const [begins, said, last] of CHINESE.test(text) ? sentences.value : []) {
    const match = text.match(begins);
    if (!match) continue;
    const values = { ...match.groups };
    if (last) values[last] = own(values[last]);
    const left = last ? match.groups[last].length - values[last].length : 0;
    return [said.replace(/\{(\w+)\}/g, (_, name) => translated(values[name], depth + 1)), match[0].length - left];
  }
  return [text, text.length];
}

/** Without what follows a reason in a list of machines: the next one, or the closing bracket. */
function own(reason) {
  const following = reason.search(/；第 \d+ 台：/);
  if (following >= 0) return reason.slice(0, following);
  const isClosing = reason.endsWith("）") && reason.split("）").length > reason.split("（").length;
  return isClosing ? reason.slice(0, -1) : reason;
}

/** As text, in the reader's language. */
export const inWords = (text) => (language.value === "zh" ? text : translated(text));

export function reason(text) {
  if (!text) return "";
  const said = inWords(text);
  return html`<bdi lang=${language.value !== "zh" && HAN.test(said) ? "zh" : undefined}>${said}</bdi>`;
}
