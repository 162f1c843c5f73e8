// Signing in, over whatever was shown: place and what was typed stay.

import { html, useEffect, useRef, useSignal } from "./base.js";
import { Icon } from "./icons.js";
import { ErrorBox } from "./parts.js";
import { route } from "./router.js";
import { asked, isOpenToAll, signIn, tryAgain } from "./session.js";
import { rich, t } from "./texts.js";

export default function SignIn() {
  const dialog = useRef();
  useEffect(() => {
    if (!dialog.current.open) dialog.current.showModal();
  }, []);
  return html`<dialog ref=${dialog} class="sign-in" aria-labelledby="sign-in" onCancel=${(event) => event.preventDefault()}>
    ${asked.value.sign_in ? html`<${Form} />` : html`<${Proxy} />`}</dialog>`;
}

function Form() {
  const state = useSignal({ error: null, busy: false });
  const sent = async (event) => {
    event.preventDefault();
    const fields = event.target.elements;
    state.value = { error: null, busy: true };
    try {
      await signIn(fields.token.value.trim(), fields.stay.checked);
    } catch (error) {
      state.value = { error, busy: false };
      fields.token.select();
    }
  };
  return html`<form onSubmit=${sent}>
    <h1 id="sign-in">${t("sign_in")}</h1>
    ${route.value.path === "/page/open" && html`<p class="status warn">${rich("sign_in.used", { command: html`<code>sisyphus-orchestrator token add</code>` })}</p>`}
    <p class="quiet">${t("sign_in.other")}</p>
    <label class="over">${t("sign_in.token")}<input class="field mono" name="token" type="password" required autofocus
      autocomplete="off" autocapitalize="off" spellcheck="false" aria-invalid=${state.value.error ? "true" : undefined} /></label>
    <label><input type="checkbox" name="stay" /> ${t("sign_in.stay")}</label>
    ${isOpenToAll() && html`<p class="small status warn">${t("sign_in.open")}</p>`}
    ${state.value.error && html`<${ErrorBox} error=${state.value.error} />`}
    <button class="button primary" disabled=${state.value.busy}>${t("sign_in.go")}</button>
  </form>`;
}

/** A proxy lets people in: nothing that is typed here would help. */
function Proxy() {
  const error = useSignal(null);
  const again = () => tryAgain().catch((one) => (error.value = one));
  return html`<div class="stack"><h1 id="sign-in">${t("sign_in.proxy")}</h1>
    <p>${t("sign_in.proxy.why", { header: asked.value.header ?? "" })}</p>
    ${error.value && html`<${ErrorBox} error=${error.value} />`}
    <button class="button primary" type="button" onClick=${again}><${Icon} name="again" />${t("again")}</button></div>`;
}
