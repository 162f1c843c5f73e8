// The service's own words, which are Chinese, in the reader's language: reasons, and what it refuses.

import { computed, html } from "./base.js";
import { language, service } from "./texts.js";

const HAN = /\p{Script=Han}/u;
/** Also what only joins two parts. */
const CHINESE = /[\p{Script=Han}：；]/u;
const literal = (text) => text.replace(/[.*+?^$()|[\]\\]/g, "\\$&");

/** A field's name is one word; what ends a sentence may be anything. */
function pattern(template) {
  const text = literal(template).replace(/^\{\}/, "(\\S+)").replace(/\{\}$/, "([^]*)").replaceAll("{}", "(.*?)");
  return new RegExp(`^${text}`, "u");
}

/** The longest first; those that begin with anything at all last. */
const sentences = computed(() => Object.entries(service.value)
  .sort(([a], [b]) => a.startsWith("{}") - b.startsWith("{}") || b.length - a.length)
  .map(([template, said]) => [pattern(template), said]));

/** As text; what has no translation stays as it was said. */
export function translated(text) {
  if (!CHINESE.test(text)) return text;
  for (const [begins, said] of sentences.value) {
    const match = text.match(begins);
    if (!match) continue;
    let at = 0;
    return said.replaceAll("{}", () => translated(match[(at += 1)])) + translated(text.slice(match[0].length));
  }
  return text;
}

/** As text, in the reader's language. */
export const inWords = (text) => (language.value === "zh" ? text : translated(text));

export function reason(text) {
  if (!text) return "";
  const said = inWords(text);
  return html`<bdi lang=${language.value !== "zh" && HAN.test(said) ? "zh" : undefined}>${said}</bdi>`;
}
