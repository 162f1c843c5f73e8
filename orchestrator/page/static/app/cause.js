// One cause of failures: what it is, how many cases have it, what can be done with all of them.

import { html } from "./base.js";
import { RunThese } from "./actions.js";
import { address, route } from "./router.js";
import { caseIcon } from "./status.js";
import { count, t } from "./texts.js";
import { Icon } from "./icons.js";
import { where, why } from "./why.js";

export function CauseLine({ group, execution, open = false, as = "li" }) {
  const { row, rows } = group;
  const [icon, cls] = caseIcon(row);
  const base = `/executions/${execution.id}`;
  const to = rows.length === 1 && !open ? address(`${base}/cases/${row.id}`, route.value.query) : address(base, { cause: group.id });
  return html`<${as} class="cause"><span class="status ${cls} times" title=${t("causes.times", { n: rows.length })}><${Icon} name=${icon} /><b>${count(rows.length)}×</b></span>
    <a class="what" href=${to} data-keep>${where(row)} ${why(row)}</a>
    <span class="actions"><${RunThese} execution=${execution} rows=${rows} /></span></${as}>`;
}
