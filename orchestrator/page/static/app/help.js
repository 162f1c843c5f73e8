// The keys, as a page of the page.

import { html, signal, useEffect, useRef } from "./base.js";
import { letterKeys, setLetterKeys } from "./prefs.js";
import { t } from "./texts.js";

export const shown = signal(false);
const KEYS = [
  ["/", "search"], ["j k", "rows"], ["Enter", "open"], ["Esc", "close"], ["n p", "failures"], ["1 – 5", "views"], ["f", "failed"], ["x", "tick"],
  ["c", "link"], ["y", "curl"], ["g e · g c · g p · g q", "pages"], ["r", "rerun"], ["End", "end"], ["?", "help"],
];

export default function Help() {
  const dialog = useRef();
  useEffect(() => dialog.current.showModal(), []);
  return html`<dialog ref=${dialog} onClose=${() => (shown.value = false)} aria-labelledby="keys"><div class="stack"><h1 id="keys">${t("keys")}</h1>
    <dl class="keys">${KEYS.map(([key, name]) => html`<div key=${name}><dt>${key.split(" ").map((one, i) => (/^[·–]$/.test(one) ? ` ${one} ` : html`<kbd key=${i}>${one}</kbd> `))}</dt><dd>${t(`keys.${name}`)}</dd></div>`)}</dl>
    <label><input type="checkbox" checked=${letterKeys.value} onChange=${(event) => setLetterKeys(event.target.checked)} /> ${t("keys.letters")}</label>
    <div class="actions end"><button class="button primary" type="button" onClick=${() => dialog.current.close()}>${t("close")}</button></div></div></dialog>`;
}
