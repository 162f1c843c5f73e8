// An execution as it moves: one connection at most, and none from a tab that nobody looks at.

import { door, get, headers, leaveAlone, opened, url } from "./api.js";
import { heard, pause, silent, waiting } from "./connection.js";
import { parser } from "./events.js";
import { seat } from "./seats.js";

const DEAD = 35_000;
const HIDDEN = 20_000;
const HEALING = 30_000;
const HEALING_LASTS = 3_600_000;
/** How long one that has no seat listens, and how long it then leaves the connection to others. */
const LOOK = 1000;
const BETWEEN = 4000;
/** Heartbeats make no event: what they say is asked for. */
const SIGN_OF_LIFE = 15_000;

/**
 * Loads `store`, then follows it until `abort`. What comes is handed over once a frame. A run that
 * ended in 8 may heal: it is asked for again every half minute, for an hour.
 */
export async function follow(store, abort) {
  let failures = 0;
  let fresh = false;
  const began = Date.now();
  while (!abort.aborted) {
    try {
      if (!fresh) await store.load(abort);
      fresh = true;
      store.error.value = null;
      await connected(store, abort);
      failures = 0;
    } catch (error) {
      if (abort.aborted) return;
      if (error.status === 401) await door.open();
      else if (error.retryAfter) await leaveAlone(error.retryAfter, abort).catch(() => {});
      else if (error.code === 40011 || (!fresh && error.kind !== "offline")) return store.gone(error);
      else failures += 1;
      if (failures && !store.execution.value) store.error.value = error;
    }
    if (fresh && store.isOver() && !(store.mayHeal() && Date.now() - began < HEALING_LASTS)) return;
    await rest(store, failures, abort);
  }
}

async function rest(store, failures, abort) {
  if (!document.hidden) {
    const milliseconds = failures ? pause(failures - 1) : store.isOver() ? HEALING : store.crowded.value ? BETWEEN : 500;
    const wait = waiting(milliseconds, { abort, until: ["visibilitychange", "online"] });
    if (failures) silent(milliseconds, wait.end);
    await wait.promise;
  }
  if (document.hidden) await sleep(store, abort);
}

/** Nobody looks: the title alone is kept true. */
async function sleep(store, abort) {
  while (document.hidden && !abort.aborted) {
    await waiting(SIGN_OF_LIFE, { abort, until: ["visibilitychange"] }).promise;
    if (document.hidden && !store.isOver()) await lookAt(store, abort);
  }
}

const lookAt = (store, abort) => get("/automation/execution/detail", { executionId: store.id }, { signal: abort }).then((row) => store.note(row), () => {});

async function connected(store, abort) {
  const own = new AbortController();
  const end = () => own.abort();
  abort.addEventListener("abort", end);
  let seen = false;
  const enough = () => (seen = true, end());
  const place = seat(enough);
  store.crowded.value = place === null;
  const watch = hiddenTooLong(end);
  const alive = setInterval(() => document.hidden || lookAt(store, own.signal), SIGN_OF_LIFE);
  let look = setTimeout(end, DEAD);
  try {
    const sent = { ...headers(), ...(store.last ? { "Last-Event-ID": store.last } : {}) };
    const answer = await fetch(url("/automation/execution/events", { executionId: store.id, view: "brief" }), { headers: sent, signal: own.signal, cache: "no-store" });
    if (answer.status === 204) return;
    if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) await opened(answer);
    heard();
    clearTimeout(look);
    if (place === null) look = setTimeout(enough, LOOK);
    await read(answer.body.getReader(), store, end);
  } catch (error) {
    if (!seen) throw error;
  } finally {
    place?.free();
    clearTimeout(look);
    clearInterval(alive);
    watch();
    abort.removeEventListener("abort", end);
  }
}

function hiddenTooLong(end) {
  let timer = 0;
  const changed = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(end, HIDDEN);
  };
  document.addEventListener("visibilitychange", changed);
  changed();
  return () => (clearTimeout(timer), document.removeEventListener("visibilitychange", changed));
}

async function read(reader, store, end) {
  const feed = parser();
  const decoder = new TextDecoder();
  let dead = setTimeout(end, DEAD);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(dead);
      dead = setTimeout(end, DEAD);
      heard();
      for (const event of feed(decoder.decode(value, { stream: true }))) store.receive(event);
    }
  } finally {
    clearTimeout(dead);
  }
}
