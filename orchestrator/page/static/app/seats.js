// A browser gives a host six connections, for all its windows: only some of them may hold one.

import { recall, remember, remembered } from "./prefs.js";

/** Two are left for everything else. */
export const SEATS = 4;
const FAMILY = "stream.";
const EVERY = 4000;
const GONE = 15_000;

/**
 * {free} for whoever may hold a connection, else null. `lost` is called if it turns out that two
 * windows took the last one at the same moment. Kept in the storage that all windows share: locks
 * exist only where the page came by https.
 */
export function seat(lost) {
  if (taken().length >= SEATS) return null; // also of the same millisecond
  const name = `${FAMILY}${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
  const since = Date.now();
  const free = () => {
    clearInterval(timer);
    removeEventListener("pagehide", free);
    remember(name, null);
  };
  const sit = () => {
    remember(name, `${since} ${Date.now()}`);
    if (taken().indexOf(name) < SEATS) return true;
    free();
    return false;
  };
  const timer = setInterval(() => sit() || lost(), EVERY);
  addEventListener("pagehide", free);
  return sit() ? { free } : null;
}

/** Names of those that sit, the oldest first; what a closed window left behind is put away. */
function taken() {
  const found = [];
  for (const name of remembered(FAMILY)) {
    const [since, seen] = (recall(name) ?? "").split(" ").map(Number);
    if (!(Date.now() - seen < GONE)) remember(name, null);
    else found.push([since, name]);
  }
  return found.sort(([a, one], [b, other]) => a - b || (one < other ? -1 : 1)).map(([, name]) => name);
}
