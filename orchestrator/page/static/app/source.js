// The catalogue beside a plan that is being written: found, then added.

import { html, useSignal } from "./base.js";
import { get } from "./api.js";
import { added } from "./draft.js";
import { Search } from "./filters.js";
import { Icon } from "./icons.js";
import { ErrorBox, Skeleton } from "./parts.js";
import { useResource } from "./resource.js";
import { t } from "./texts.js";

const SIZE = 100;

export function Source({ project, entries }) {
  const keyword = useSignal("");
  const page = useSignal(1);
  const asked = { projectId: project, keyword: keyword.value, enabled: true, pageNo: page.value, pageSize: SIZE };
  const { data, error, reload } = useResource(JSON.stringify(["source", asked]), (abort) => get("/automation/case/list", asked, { signal: abort }));
  const there = new Set(entries.value.map((one) => one.case_id));
  const left = (data?.list ?? []).filter((row) => !there.has(row.case_id));
  const add = (rows) => (entries.value = added(entries.value, rows));
  return html`<section class="sheet board" aria-labelledby="source"><h2 id="source">${t("nav.cases")}</h2>
    <div class="tools"><${Search} value=${keyword.value} label=${t("catalogue.search")} onSearch=${(text) => ((keyword.value = text), (page.value = 1))} />
      <button class="button plain" type="button" disabled=${!left.length} onClick=${() => add(left)}>${t("editor.add_all", { n: left.length })}</button></div>
    ${error && html`<${ErrorBox} error=${error} again=${reload} />`}
    ${!data ? html`<${Skeleton} lines=${4} />` : html`${!data.list.length && html`<p class="quiet small">${t(keyword.value ? "cases.no_match" : "editor.source.none")}</p>`}<ul>${data.list.map((row) => html`<li key=${row.case_id} class="row entry">
        <span class="name"><bdi>${row.case_title || row.case_key}</bdi><bdi class="quiet small">${row.case_key}</bdi></span>
        <button class="button plain" type="button" disabled=${there.has(row.case_id)} aria-label=${t("editor.add", { name: row.case_title })} onClick=${() => add([row])}><${Icon} name=${there.has(row.case_id) ? "passed" : "plus"} /></button></li>`)}</ul>
      ${data.total > SIZE && html`<p class="actions small"><button class="button plain" type="button" aria-label=${t("pages.before")} disabled=${page.value === 1} onClick=${() => (page.value -= 1)}><${Icon} name="left" /></button>
        <span class="quiet">${page.value} / ${Math.ceil(data.total / SIZE)}</span><button class="button plain" type="button" aria-label=${t("pages.after")} disabled=${page.value * SIZE >= data.total} onClick=${() => (page.value += 1)}><${Icon} name="right" /></button></p>`}`}</section>`;
}
