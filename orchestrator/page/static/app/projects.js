// The project whose things are shown: in the address, and in the links of the head.

import { html, signal, useEffect } from "./base.js";
import { get } from "./api.js";
import { filter, route } from "./router.js";
import { me } from "./session.js";
import { t } from "./texts.js";

export const projects = signal([]);
export const projectName = (id) => projects.value.find((one) => one.project_id === id)?.project_name ?? t("project.number", { n: String(id) });

/** Views that show things of one project, or of all. */
const FILTERED = new Set(["list", "catalogue", "plans"]);

export function ProjectChoice() {
  const known = me.value !== null;
  useEffect(() => {
    if (known) get("/automation/project/list").then((said) => (projects.value = said.list), () => {});
  }, [known]);
  const { view, query } = route.value;
  if (!FILTERED.has(view) || projects.value.length < 2) return null;
  return html`<select class="select wide" aria-label=${t("project")} value=${query.project ?? ""}
    onChange=${(event) => filter({ project: event.target.value || undefined, page: undefined })}>
    <option value="">${t("project.all")}</option>
    ${projects.value.map((one) => html`<option key=${one.project_id} value=${one.project_id}>${projectName(one.project_id)}</option>`)}
  </select>`;
}
