import { html } from "./base.js";
import { t } from "./texts.js";

/** How many machines share the plan. */
export const Shards = ({ shards }) => html`<label class="over">${t("legs.shards")}<input class="field" name="shards" type="number" min="1" max="64" required value=${shards.value}
  onInput=${(event) => (shards.value = event.target.valueAsNumber)} /></label>`;
