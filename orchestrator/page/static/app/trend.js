// The last thirty runs of a plan: height is duration, colour is the outcome; words beside it.

import { html } from "./base.js";
import { get } from "./api.js";
import { duration } from "./format.js";
import { useResource } from "./resource.js";
import { go } from "./router.js";
import { t } from "./texts.js";

const MOST = 30;
const HEIGHT = 32;

export function Trend({ plan, env }) {
  const asked = { planId: plan, envCode: env, pageSize: MOST };
  const { data } = useResource(JSON.stringify(["trend", asked]), (signal) => get("/automation/execution/list", asked, { signal }), { every: 15_000 });
  const rows = (data?.list ?? []).filter((row) => row.status > 3).reverse();
  if (rows.length < 2) return null;
  const longest = Math.max(...rows.map((row) => row.duration_seconds ?? 0), 0.001);
  const passed = rows.filter((row) => (row.outcome ?? row.status) === 4).length;
  const label = t("trend", { n: rows.length, passed });
  return html`<figure class="trend"><figcaption class="small quiet">${label}</figcaption>
    <svg width=${rows.length * 12} height=${HEIGHT} role="img" aria-label=${label}>
      ${rows.map((row, i) => {
        const height = Math.max(5, ((row.duration_seconds ?? 0) / longest) * HEIGHT);
        return html`<rect key=${row.id} class="trend-${row.outcome ?? row.status}" x=${i * 12} y=${HEIGHT - height} width="9" height=${height} rx="2"
          onClick=${() => go(`/executions/${row.id}`)}><title>#${row.id} ${t(`execution.status.${row.status}`)} · ${duration(row.duration_seconds)}</title></rect>`;
      })}</svg></figure>`;
}
