// The history of one case.

import { html } from "./base.js";
import { get } from "./api.js";
import { useTitle } from "./frame.js";
import { History } from "./history.js";
import { Copy, ErrorBox, Skeleton, State, visible } from "./parts.js";
import { useResource } from "./resource.js";
import { address, filter, route, useArrival } from "./router.js";
import { may } from "./session.js";
import { t } from "./texts.js";

const RUNS = 100;

export default function Case() {
  const { known, query } = route.value;
  const { data, error, reload } = useResource(JSON.stringify(["known", known]), (abort) => get("/automation/case/list", { caseIds: known }, { signal: abort }));
  const found = data?.list[0];
  useTitle(found?.case_title);
  useArrival(found !== undefined);
  if (error) return html`<${ErrorBox} error=${error} again=${reload} />`;
  if (!data) return html`<${Skeleton} />`;
  if (!found) return html`<${State} title=${t("case.unknown", { n: String(known) })}><p><a href="/cases">${t("nav.cases")}</a></p></${State}>`;
  return html`<header class="verdict"><div><h1><bdi>${found.case_title || found.case_key}</bdi></h1>${found.flaky && html`<span class="tag amber">${t("flaky")}</span>`}</div>
      <div class="actions">${may("run") && found.enabled && html`<a class="button primary" href=${address("/run", { case: known, env: query.env })}>${t("run")}</a>`}</div>
      <p class="quiet facts-line small"><bdi>${found.case_key}</bdi>${found.pytest_nodeid && html`<span class="mono break"><bdi>${visible(found.pytest_nodeid)}</bdi><${Copy} text=${found.pytest_nodeid} label="" /></span>`}
        ${found.tags.map((tag) => html`<a key=${tag} class="tag" href=${address("/cases", { tag })}><bdi>${tag}</bdi></a>`)}
        ${!found.enabled && html`<span class="status warn">${found.missing_since ? t("catalogue.missing", { when: found.missing_since }) : t("catalogue.state.disabled")}</span>`}</p></header>
    <section class="sheet padded"><${History} id=${known} env=${query.env} most=${RUNS} onEnv=${(env) => filter({ env: env || undefined })} /></section>`;
}
