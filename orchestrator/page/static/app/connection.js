// Whether the service is heard. Whoever asks it says so here; the bar tells the reader.

import { signal } from "./base.js";
import { now } from "./clock.js";

/** null, or since when the service is silent: {since, next, again}. */
export const lost = signal(null);
/** True for two seconds after it was found again. */
export const found = signal(false);
/** The page was changed on the service. */
export const outdated = signal(false);
/** Until when the service wants to be left alone. */
export const busyUntil = signal(null);
let lastHeard = Date.now();

export function heard() {
  lastHeard = Date.now();
  if (!lost.value) return;
  const long = now() - lost.value.since > 3000;
  lost.value = null;
  if (!long) return;
  found.value = true;
  setTimeout(() => (found.value = false), 2000);
  checkPage();
}

/** `next`: milliseconds until it is tried again; `again`: try now. */
export function silent(next, again) {
  lost.value = { since: lost.value?.since ?? now() - (Date.now() - lastHeard > 60_000 ? 0 : Date.now() - lastHeard), next: now() + next, again };
}

/** A service that was restarted with another page no longer has this one's files. */
export async function checkPage() {
  try {
    const answer = await fetch(import.meta.url, { method: "HEAD", cache: "no-store" });
    outdated.value = answer.status === 404;
  } catch { /* lost again: said elsewhere */ }
  return outdated.value;
}

const BACK_OFF = [1000, 2000, 4000, 8000, 15_000];
/** The pause before try number `n`, never the same for all tabs. */
export const pause = (n) => BACK_OFF[Math.min(n, BACK_OFF.length - 1)] * (0.8 + Math.random() * 0.4);

/** Longer than any timer counts. */
export const FOREVER = 2 ** 31 - 1;

/** `end()` ends the wait early, as do `abort` and the events `until`: no listener outlives it. */
export function waiting(milliseconds, { abort, until = [] } = {}) {
  const over = new AbortController();
  let end;
  const promise = new Promise((resolve) => {
    const timer = setTimeout(() => end(), milliseconds);
    end = () => (clearTimeout(timer), over.abort(), resolve());
  });
  for (const name of until) addEventListener(name, end, { capture: true, signal: over.signal });
  abort?.addEventListener("abort", end, { signal: over.signal });
  if (abort?.aborted) end();
  return { promise, end };
}

/** The tab is looked at. */
export async function seen(abort) {
  while (document.hidden && !abort.aborted) await waiting(FOREVER, { abort, until: ["visibilitychange"] }).promise;
}
