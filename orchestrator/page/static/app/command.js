// What somebody has to run by hand, and the token that it needs: made only when it is asked for.

import { html, useSignal } from "./base.js";
import { barred, Deed } from "./actions.js";
import { post } from "./api.js";
import { complaint, Copy } from "./parts.js";
import { t } from "./texts.js";

export function Command({ row }) {
  const state = useSignal({ token: null, error: null });
  const ask = async () => {
    try {
      const said = await post("/automation/execution/token", { executionId: row.id });
      state.value = { token: said.callback_token, error: null };
    } catch (error) {
      state.value = { token: null, error };
    }
  };
  const { token, error } = state.value;
  const line = `${token ? `SISYPHUS_TOKEN='${token}' ` : ""}${row.waiting.command}`;
  return html`<div class="sheet command"><p>${t("execution.command")}</p><pre>${line}</pre>
    <div class="actions"><${Copy} text=${line} />
      ${!token && html`<${Deed} why=${barred("run")} onClick=${ask}>${t("command.token")}</${Deed}>`}
      <span class="quiet small">${t(token ? "command.secret" : "command.without")}</span></div>
    ${error && html`<p class="error-box" role="alert">${complaint(error)}</p>`}</div>`;
}
