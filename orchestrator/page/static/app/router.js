// Addresses: what is shown is said by them alone. Each entry of the history keeps its place.

import { signal, useLayoutEffect } from "./base.js";

/** [pattern, view, names of its numbers] */
const TABLE = [
  [/^\/executions$/, "list", []],
  [/^\/executions\/(\d{1,16})$/, "execution", ["execution"]],
  [/^\/executions\/(\d{1,16})\/cases\/(\d{1,16})$/, "execution", ["execution", "case"]],
  [/^\/cases$/, "catalogue", []],
  [/^\/cases\/(\d{1,16})$/, "case", ["known"]],
  [/^\/plans$/, "plans", []],
  [/^\/plans\/new$/, "editor", []],
  [/^\/plans\/(\d{1,16})$/, "plan", ["plan"]],
  [/^\/plans\/(\d{1,16})\/edit$/, "editor", ["plan"]],
  [/^\/run$/, "start", []],
  [/^\/queue$/, "queue", []],
  [/^\/sign-in$/, "sign-in", []],
  [/^\/page\/open$/, "sign-in", []], // a link that signed somebody in once, and no longer does
];

export function parse(address) {
  const { pathname, searchParams } = new URL(address, location.origin);
  for (const [pattern, view, names] of TABLE) {
    const match = pathname.match(pattern);
    if (!match) continue;
    const numbers = Object.fromEntries(names.map((name, i) => [name, Number(match[i + 1])]));
    return { view, path: pathname, query: Object.fromEntries(searchParams), ...numbers };
  }
  return { view: "nowhere", path: pathname, query: {} };
}

const here = () => location.pathname + location.search;
export const route = signal(parse(here()));
/** How far this entry of the history was scrolled, until the view has put it back. */
let waiting = history.state?.y ?? 0;

export function address(path, query = {}) {
  const said = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(said).toString().replaceAll("%2C", ",");
  return text ? `${path}?${text}` : path;
}

/** What would be lost by leaving: a question, or null. One view at a time has one. */
let unsaved = () => null;

export function guard(ask) {
  unsaved = ask;
  return () => (unsaved = () => null);
}

const mayLeave = () => {
  const question = unsaved();
  return question === null || confirm(question);
};

/** `keep`: the place on the page stays, as for a filter or a drawer. */
export function go(to, { replace = false, keep = false } = {}) {
  if (!mayLeave()) return;
  remember();
  const y = keep ? scrollY : 0;
  history[replace ? "replaceState" : "pushState"]({ y }, "", to);
  waiting = keep ? null : 0;
  route.value = parse(to);
}

/** The same page with other filters; what is undefined goes. */
export function filter(changes, options = {}) {
  const { path, query } = route.value;
  go(address(path, { ...query, ...changes }), { keep: true, ...options });
}

function remember() {
  const focus = document.activeElement?.closest?.("[data-row]")?.dataset.row;
  history.replaceState({ ...history.state, y: scrollY, focus: focus ?? history.state?.focus }, "");
}

/** `ready`: what is shown has its height, so that the place can be put back. */
export function useArrival(ready) {
  useLayoutEffect(() => {
    if (ready) arrived();
  }, [ready, route.value]);
}

function arrived() {
  if (waiting === null) return;
  scrollTo({ top: waiting, behavior: "instant" });
  waiting = null;
  const row = history.state?.focus;
  if (row) document.querySelector(`[data-row="${CSS.escape(row)}"] a`)?.focus({ preventScroll: true });
}

function followed(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.origin !== location.origin || parse(link.href).view === "nowhere") return;
  event.preventDefault();
  go(link.pathname + link.search, { keep: link.hasAttribute("data-keep") });
}

export function start() {
  history.scrollRestoration = "manual";
  document.addEventListener("click", followed);
  let timer = 0;
  addEventListener("scroll", () => {
    clearTimeout(timer);
    timer = setTimeout(remember, 150);
  }, { passive: true });
  addEventListener("popstate", () => {
    clearTimeout(timer);
    if (!mayLeave()) {
      history.pushState({ y: scrollY }, "", address(route.value.path, route.value.query));
      return;
    }
    waiting = history.state?.y ?? 0;
    route.value = parse(here());
  });
  addEventListener("beforeunload", (event) => unsaved() !== null && event.preventDefault());
}
