// One question before something that cannot be taken back.

import { html, useEffect, useRef } from "./base.js";
import { t } from "./texts.js";

export function Confirm({ text, danger, onYes, onClose, yes = t(danger ? "yes.danger" : "yes") }) {
  const dialog = useRef();
  useEffect(() => dialog.current.showModal(), []);
  return html`<dialog ref=${dialog} onClose=${onClose} aria-describedby="question"><div class="stack"><p id="question">${text}</p>
    <div class="actions end"><button class="button" type="button" onClick=${() => dialog.current.close()}>${t("no")}</button>
    <button class=${danger ? "button primary danger" : "button primary"} type="button" onClick=${onYes}>${yes}</button></div></div></dialog>`;
}
