// Pages of a list: the first, the last, and those around the one that is shown.

import { html } from "./base.js";
import { address } from "./router.js";
import { count, t } from "./texts.js";

export function Pager({ path, query, page, size, n, total, exact = true }) {
  const last = Math.max(1, Math.ceil(total / size));
  const first = (page - 1) * size + 1;
  const to = (number) => address(path, { ...query, page: number > 1 ? number : undefined });
  const near = [1, page - 1, page, page + 1, last].filter((number) => number >= 1 && number <= last);
  const pages = [...new Set(near)].sort((a, b) => a - b);
  return html`<nav class="pages" aria-label=${t("list.pages")}>
    <span class="quiet small">${t("list.range", { from: first, to: first + n - 1, total: exact ? count(total) : t("list.more_than", { n: total }) })}</span>
    ${last > 1 && html`<span class="actions">${pages.map((number, i) => html`
      ${i > 0 && number > pages[i - 1] + 1 && html`<span key="gap${number}" class="quiet">…</span>`}
      <a key=${number} class="button plain" href=${to(number)} aria-current=${number === page ? "page" : undefined}>${count(number)}</a>`)}</span>`}
  </nav>`;
}
