// The filters of the list: what the address may say, and the controls that say it.

import { html, signal, useEffect, useRef, useSignal } from "./base.js";
import { get } from "./api.js";
import { Icon } from "./icons.js";
import { Menu } from "./menu.js";
import { address, filter, route } from "./router.js";
import { may, me } from "./session.js";
import { t } from "./texts.js";

const number = (text) => /^[1-9]\d{0,15}$/.test(text);
const day = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
const statuses = (text) => /^[0-8](,[0-8])*$/.test(text);
const any = () => true;
/** [name in the address, name in the API, what it may be] */
const FIELDS = [
  ["project", "projectId", number], ["plan", "planId", number], ["env", "envCode", any],
  ["status", "status", statuses], ["type", "triggerType", (text) => /^[12]$/.test(text)], ["by", "triggerBy", number],
  ["q", "keyword", any], ["from", "from", day], ["to", "to", day], ["rerun", "rerunOf", number],
  ["page", "pageNo", number], ["size", "pageSize", (text) => number(text) && Number(text) <= 500],
];
const PLACE = new Set(["page", "size", "project"]);

/** {asked: for the API, wrong: what the address says and means nothing}. */
export function read(query) {
  const asked = { pageNo: 1, pageSize: 50 };
  const wrong = [];
  for (const [name, field, fits] of FIELDS) {
    if (query[name] === undefined) continue;
    if (fits(query[name])) asked[field] = query[name];
    else wrong.push(`${name}=${query[name].slice(0, 40)}`);
  }
  return { asked: { ...asked, pageNo: Number(asked.pageNo), pageSize: Number(asked.pageSize) }, wrong };
}

const inWords = (said) => said.split(",").map((one) => t(`execution.status.${one}`)).join(t("comma"));

/** What a filter says, by names where the address has numbers. */
export function named(name, value) {
  if (name === "status" && statuses(value)) return inWords(value);
  if (name === "plan") return plans.value.find((one) => String(one.plan_id) === value)?.plan_name ?? value;
  if (name === "by" && value === String(me.value?.user_id)) return t("list.by_me");
  if (name === "type" && /^[12]$/.test(value)) return t(`trigger.${value}`);
  return value;
}

/** Filters that hide something, as chips that can be taken away. */
export const active = (query) => FIELDS.filter(([name, , fits]) => query[name] && fits(query[name]) && !PLACE.has(name)).map(([name]) => name);
export const set = (name, value) => filter({ [name]: value || undefined, page: undefined });
/** What the address says and means nothing goes, too. */
export const clear = () => filter(Object.fromEntries(FIELDS.map(([name]) => name).filter((name) => name === "page" || !PLACE.has(name)).map((name) => [name, undefined])));

const environments = signal([]);
const plans = signal([]);

export function Filters() {
  const { query } = route.value;
  const known = me.value !== null;
  const open = useSignal(false);
  useEffect(() => {
    if (!known) return;
    get("/automation/environment/list").then((said) => (environments.value = said.list), () => {});
    get("/automation/plan/list", { view: "brief", pageSize: 500, projectId: query.project }).then((said) => (plans.value = said.list), () => {});
  }, [known, query.project]);
  return html`<div class="filters" role="search">
    <${Search} value=${query.q ?? ""} label=${t("list.search")} />
    <button class="button unfold" type="button" aria-expanded=${open.value} onClick=${() => (open.value = !open.value)}>${t("filters")}${active(query).length > 0 && ` (${active(query).length})`}</button>
    <div class=${open.value ? "more open" : "more"}><${Choice} name="env" label=${t("environment")} options=${environments.value.map((one) => [one.env_code, one.env_code])} />
    <${Statuses} said=${query.status} />
    <${Choice} name="plan" label=${t("plan")} options=${plans.value.map((one) => [String(one.plan_id), one.plan_name])} />
    <${Choice} name="by" label=${t("started_by")} options=${me.value?.user_id ? [[String(me.value.user_id), t("list.by_me")]] : []} />
    <${Choice} name="from" label=${t("list.time")} options=${[0, 6, 29].map((days) => [daysAgo(days), t(`list.days.${days}`)])} /></div>
    <span class="spacer"></span>${may("run") && html`<a class="button primary" href=${address("/run", { project: query.project, plan: query.plan, env: query.env })}><${Icon} name="plus" />${t("run")}</a>`}
  </div>`;
}

function daysAgo(days) {
  const at = new Date(Date.now() - days * 86_400_000);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
}

/** Typed words wait a moment, so that not every letter is a request. */
export function Search({ value, label, onSearch = (text) => set("q", text) }) {
  const timer = useRef(0);
  const field = useRef();
  useEffect(() => {
    if (document.activeElement !== field.current) field.current.value = value;
  }, [value]);
  const typed = (event) => {
    clearTimeout(timer.current);
    const text = event.target.value.trim();
    timer.current = setTimeout(() => onSearch(text), 250);
  };
  return html`<label class="search"><span class="unseen">${label}</span><${Icon} name="search" />
    <input ref=${field} class="field" type="search" data-search defaultValue=${value} placeholder=${label} onInput=${typed}
      onKeyDown=${(event) => event.key === "Escape" && (event.target.value ? (event.target.value = "", onSearch("")) : event.target.blur())} /></label>`;
}

/** What the address says is always among the options. */
export function Choice({ name, label, options }) {
  const said = route.value.query[name] ?? "";
  const all = said && !options.some(([value]) => value === said) ? [...options, [said, said]] : options;
  return html`<select class=${said ? "select chosen" : "select"} aria-label=${label} value=${said} onChange=${(event) => set(name, event.target.value)}>
    <option value="">${t("filter.any", { what: label })}</option>
    ${all.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}
  </select>`;
}

function Statuses({ said = "" }) {
  const chosen = new Set(statuses(said) ? said.split(",") : []);
  const toggled = (status) => {
    const next = new Set(chosen);
    if (!next.delete(status)) next.add(status);
    set("status", [...next].sort().join(","));
  };
  const label = chosen.size ? inWords(said) : t("filter.any", { what: t("status") });
  return html`<${Menu} cls=${chosen.size ? "select chosen" : "select"} title=${t("status")} label=${label}>
    ${[..."345678210"].map((status) => html`<label key=${status}>
      <input type="checkbox" checked=${chosen.has(status)} onChange=${() => toggled(status)} />${t(`execution.status.${status}`)}</label>`)}
  </${Menu}>`;
}
