// The page's words: one catalogue is loaded, and all that is shown follows the signal.

import { batch, signal } from "./base.js";

export const language = signal("zh");
const catalogue = signal({});
/** What the service keeps, in another language than its own: {its template: ours}. */
export const service = signal({});

/** `{n}` is a value, `{n|case|cases}` a word that goes by it. */
const PLACE = /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g;

export async function speak(name) {
  const [texts, said] = await Promise.all([read(name), name === "zh" ? {} : read(`service.${name}`)]);
  batch(() => {
    catalogue.value = texts;
    service.value = said;
    language.value = name;
  });
  document.documentElement.lang = name;
}

async function read(name) {
  const answer = await fetch(new URL(`../texts/${name}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  return answer.json();
}

export function t(key, values = {}) {
  const text = catalogue.value[key] ?? key;
  return text.replace(PLACE, (_, name, one, many) =>
    many === undefined ? shown(values[name]) : Number(values[name]) === 1 ? one : many);
}

/** Pieces of the text; values may be nodes. */
export function rich(key, values) {
  const text = catalogue.value[key] ?? key;
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(PLACE)) {
    const [whole, name, one, many] = match;
    pieces.push(text.slice(end, match.index));
    pieces.push(many === undefined ? shownOrNode(values[name]) : Number(values[name]) === 1 ? one : many);
    end = match.index + whole.length;
  }
  pieces.push(text.slice(end));
  return pieces;
}

const shown = (value) => (typeof value === "number" ? count(value) : String(value ?? ""));
const shownOrNode = (value) => (typeof value === "object" && value !== null ? value : shown(value));

/** 100 000: groups apart from four digits on. */
export const count = (value) => (value < 10_000 ? String(value) : String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f"));
