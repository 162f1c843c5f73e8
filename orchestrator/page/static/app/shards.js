// How many machines share a plan: a field of the start form and of the plan editor.

import { html } from "./base.js";
import { t } from "./texts.js";

export const Shards = ({ shards }) => html`<label class="over">${t("legs.shards")}<input class="field" name="shards" type="number" min="1" max="64" required value=${shards.value}
  onInput=${(event) => (shards.value = event.target.valueAsNumber)} /></label>`;
