// Keys: a view says which it understands while it is shown; fields keep theirs.

import { useLayoutEffect } from "./base.js";
import { letterKeys } from "./prefs.js";

/** The youngest that understands a key has it. */
const layers = [];

/** In the same breath as what is shown: after an effect of its own, a quick key would still mean what was shown before. */
export function useKeys(keys) {
  useLayoutEffect(() => {
    layers.push(keys);
    return () => layers.splice(layers.indexOf(keys), 1);
  });
}

let prefix = "";

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (typing && event.key !== "Escape") return;
  if (event.key.length === 1 && !letterKeys.value) return;
  const name = prefix + event.key;
  prefix = !prefix && event.key === "g" ? "g " : "";
  const act = layers.findLast((keys) => keys[name])?.[name];
  if (!act || act(event) === false) return;
  event.preventDefault();
}

addEventListener("keydown", pressed);

/** Moves the focus by whole rows: to the main link of the next one. */
export function moveRow(step) {
  const links = [...document.querySelectorAll("[data-row] a[data-main]")].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
  const at = links.findIndex((link) => link.closest("[data-row]").contains(document.activeElement));
  const next = at < 0 ? links.find((link) => link.getBoundingClientRect().top > 60) : links[at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

/** Elsewhere the arrows scroll, as ever. */
const inRow = () => Boolean(document.activeElement?.closest("[data-row]"));

export const rowKeys = {
  j: () => moveRow(1),
  k: () => moveRow(-1),
  ArrowDown: () => inRow() && moveRow(1),
  ArrowUp: () => inRow() && moveRow(-1),
  "/": () => document.querySelector("[data-search]")?.focus(),
};
