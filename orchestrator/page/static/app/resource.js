// Data of a view: what was shown stays while something newer is on its way.

import { useEffect, useSignal } from "./base.js";
import { FOREVER, pause, seen, silent, waiting } from "./connection.js";
import { language } from "./texts.js";

const KEPT = new Map();
const MOST = 30;

export function keep(key, data) {
  KEPT.delete(key);
  KEPT.set(key, data);
  if (KEPT.size > MOST) KEPT.delete(KEPT.keys().next().value);
}

/**
 * {data, error, loading, stale, reload}. `load(abort signal, data so far)`; `every`: milliseconds
 * between two looks. Another key is other data; what was there is shown, as stale, until it comes.
 * The service answers in the reader's language: another one asks again.
 */
export function useResource(key, load, { every = 0 } = {}) {
  const state = useSignal({ data: KEPT.get(key), error: null, loading: true, stale: false });
  const again = useSignal(() => {});
  useEffect(() => {
    const abort = new AbortController();
    const before = state.peek().data;
    const kept = KEPT.get(key);
    state.value = { data: kept ?? before, error: null, loading: true, stale: kept === undefined && before !== undefined };
    follow(key, load, every, state, again, abort);
    return () => abort.abort();
  }, [key, language.value]);
  return { ...state.value, reload: () => again.value() };
}

async function follow(key, load, every, state, again, abort) {
  let failures = 0;
  while (!abort.signal.aborted) {
    try {
      const known = KEPT.get(key);
      const data = await load(abort.signal, known);
      if (abort.signal.aborted) return;
      keep(key, data);
      state.value = { data, error: null, loading: false, stale: false };
      failures = 0;
    } catch (error) {
      if (abort.signal.aborted) return;
      if (!error.kind) console.error(error);
      failures = error.kind === "offline" ? failures + 1 : 0;
      const shown = state.peek();
      const calm = error.kind === "offline" && shown.data !== undefined;
      state.value = { ...shown, error: calm ? null : error, loading: false };
    }
    await rest(failures, every, again, abort);
  }
}

async function rest(failures, every, again, abort) {
  const milliseconds = failures ? pause(failures - 1) : every || FOREVER;
  const wait = waiting(milliseconds, { abort: abort.signal });
  again.value = wait.end;
  if (failures) silent(milliseconds, wait.end);
  await wait.promise;
  await seen(abort.signal);
}
