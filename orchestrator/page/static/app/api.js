// The service's answers. What may be asked again is asked again: after sign-in, when it was busy.

import { signal } from "./base.js";
import { busyUntil, heard, waiting } from "./connection.js";
import { now } from "./clock.js";
import { chosenLanguage } from "./prefs.js";

export const PREFIX = "/it/api";
const TRIES = 6;

/** Why there is no answer. `kind`: offline, foreign (not the service's), refused. */
export class Refused extends Error {
  constructor(kind, { code = 0, status = 0, message = "", data = null, retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { kind, code, status, data, retryAfter });
  }
}

/** Set by whoever can let the reader in: resolves when he is. */
export const door = { open: () => Promise.reject(new Refused("refused", { status: 401 })) };
/** Requests that are on their way because somebody did something. */
export const pending = signal(0);

/** Of every request: also in which language the service is to answer. */
export const headers = () => ({ "X-Sisyphus-Page": "1", "Accept-Language": chosenLanguage.peek() });
/** Of those that want an envelope. */
export const asksForJson = () => ({ ...headers(), Accept: "application/json" });

export function url(path, query = {}) {
  const said = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return `${PREFIX}${path}${said.length ? `?${new URLSearchParams(said)}` : ""}`;
}

/** `data` of the answer. Asks again by itself where nothing can be lost by it. */
export async function get(path, query, { signal: abort } = {}) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await asked(url(path, query), { headers: asksForJson(), signal: abort });
    } catch (error) {
      if (error.status === 401) await door.open();
      else if (error.retryAfter && tries < TRIES) await leaveAlone(error.retryAfter, abort);
      else throw error;
    }
  }
}

/** Never sent twice. After a 401 the reader signs in, and presses again. */
export async function post(path, body, more = {}) {
  pending.value += 1;
  try {
    const sent = { ...asksForJson(), "Content-Type": "application/json", ...more };
    return await asked(url(path), { method: "POST", headers: sent, body: JSON.stringify(body) });
  } catch (error) {
    if (error.status === 401 && path !== "/page/session") door.open().catch(() => {});
    throw error;
  } finally {
    pending.value -= 1;
  }
}

/** Says so, and waits. */
export async function leaveAlone(seconds, abort) {
  busyUntil.value = now() + seconds * 1000;
  await waiting(seconds * 1000, { abort }).promise;
  busyUntil.value = null;
  abort?.throwIfAborted();
}

async function asked(address, options) {
  let answer;
  try {
    answer = await fetch(address, { ...options, credentials: "same-origin", cache: "no-store", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("offline");
  }
  return opened(answer);
}

/** The envelope's content; a proxy's page has none. */
export async function opened(answer) {
  const envelope = await answer.json().catch(() => null);
  if (envelope === null || typeof envelope !== "object" || typeof envelope.code !== "number") {
    throw new Refused("foreign", { status: answer.status });
  }
  heard();
  if (envelope.code === 20000) return envelope.data;
  throw new Refused("refused", {
    code: envelope.code,
    status: answer.status,
    message: envelope.msg,
    data: envelope.data,
    retryAfter: [429, 503].includes(answer.status) ? Number(answer.headers.get("retry-after")) || 0 : 0,
  });
}

/** A key that no other request has. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
