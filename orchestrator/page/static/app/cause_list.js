// All causes of one execution, each with the names of its cases.

import { html } from "./base.js";
import { CauseLine } from "./cause.js";
import { State } from "./parts.js";
import { address, route } from "./router.js";
import { t } from "./texts.js";

const NAMED = 5;

export default function CauseList({ groups, row }) {
  if (!groups.value.length) return html`<${State} title=${t("causes.none")} />`;
  return html`<ul class="sheet causes all">${groups.value.map((group) => html`<li key=${group.id}>
    <${CauseLine} group=${group} execution=${row} open as="div" />
    <ul class="named">${group.rows.slice(0, NAMED).map((one) => html`<li key=${one.id}><a data-keep
      href=${address(`/executions/${row.id}/cases/${one.id}`, { ...route.value.query, view: undefined })}><bdi>${one.case_title || one.case_key}</bdi></a></li>`)}
      ${group.rows.length > NAMED && html`<li class="quiet">${t("causes.more", { n: group.rows.length - NAMED })}</li>`}</ul></li>`)}</ul>`;
}
