// The time as the service has it, and what hangs on it.

import { signal } from "./base.js";

/** Milliseconds that the service's clock is ahead of this browser's. */
let ahead = 0;
/** Moves each second while the page is seen. */
export const second = signal(Date.now());
/** Moves every ten: enough for "3 minutes ago". */
export const moment = signal(Date.now());

export const now = () => Date.now() + ahead;

/** `text`: ISO with a zone, as the service said it just now. */
export function setByService(text) {
  const said = Date.parse(text);
  if (!Number.isNaN(said)) ahead = said - Date.now();
}

setInterval(() => {
  if (document.hidden) return;
  second.value = now();
  if (second.value - moment.value >= 10_000 || second.value < moment.value) moment.value = second.value;
}, 1000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) second.value = moment.value = now();
});
