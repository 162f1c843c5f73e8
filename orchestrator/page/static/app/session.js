// Who reads this page, and what he may. The token is only ever in the cookie, out of reach of scripts.

import { signal } from "./base.js";
import { asksForJson, door, get, post, Refused } from "./api.js";
import { setByService } from "./clock.js";
import { listen, remember } from "./prefs.js";

/** What the service says of the reader and of itself; null until it is known. */
export const me = signal(null);
/** null, or what is asked of the reader: {auth, sign_in, header}. */
export const asked = signal(null);
let opening = null;

function arrived(said) {
  setByService(said.server_time);
  me.value = said;
  return said;
}

export const load = async () => arrived(await get("/page/me"));

door.open = () => {
  opening ??= knock();
  return opening.promise;
};

/** Lets everybody who was refused wait for one sign-in. */
function knock() {
  const waiter = {};
  waiter.promise = new Promise((resolve) => (waiter.resolve = resolve));
  fetch("/it/api/page/me", { headers: asksForJson() })
    .then((answer) => answer.json())
    .catch(() => ({}))
    .then((envelope) => {
      if (envelope.code === 20000) return entered(envelope.data);
      asked.value = envelope.data ?? { auth: "token", sign_in: true, header: null };
    });
  return waiter;
}

function entered(said) {
  arrived(said);
  asked.value = null;
  opening?.resolve();
  opening = null;
}

export async function signIn(token, stay) {
  entered(await post("/page/session", { token, remember: stay }));
  remember("session", `in ${Date.now()}`);
}

/** Where a proxy lets people in: perhaps it has, by now. */
export const tryAgain = async () => {
  const answer = await fetch("/it/api/page/me", { headers: asksForJson() });
  const envelope = await answer.json();
  if (envelope.code !== 20000) throw new Refused("refused", { status: answer.status, message: envelope.msg });
  entered(envelope.data);
};

export async function signOut() {
  await post("/page/session/end", {});
  remember("session", `out ${Date.now()}`);
  me.value = null;
  door.open();
}

listen("session", (said) => {
  if (said.startsWith("out")) {
    me.value = null;
    door.open();
  } else if (asked.value) tryAgain().catch(() => {});
});

export const may = (permission) => Boolean(me.value?.permissions.includes(permission));
/** Programs on the way could read the token. */
export const isOpenToAll = () => location.protocol === "http:" && !/^(localhost|127\.|\[::1\])/.test(location.hostname);
