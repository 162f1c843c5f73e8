// What stands around every view: the head, the bar that tells of the connection, one live region.

import { html, signal, useEffect } from "./base.js";
import { busyUntil, found, lost, outdated } from "./connection.js";
import { second } from "./clock.js";
import { clockTime } from "./format.js";
import { Icon } from "./icons.js";
import { Menu } from "./menu.js";
import { language, t } from "./texts.js";
import { chosenLanguage, setLanguage, setTheme, theme } from "./prefs.js";
import { route } from "./router.js";
import { me, signOut } from "./session.js";
import { ProjectChoice } from "./projects.js";
import { copiedByKey, who } from "./parts.js";

/** [address, views under it] of the head, in its order. */
const ROOMS = [
  ["executions", ["list", "execution", "start"]],
  ["cases", ["catalogue", "case"]],
  ["plans", ["plans", "plan", "editor"]],
  ["queue", ["queue"]],
];

export function Head() {
  const { view } = route.value;
  return html`<a class="skip" href="#main" onClick=${skip}>${t("skip")}</a>
    <header class="top"><div>
      <a class="brand" href="/executions" aria-label="Sisyphus">
        <svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" /><path d="M4 26 28 14" stroke="#fff" stroke-width="3" stroke-linecap="round" opacity=".75" /><circle cx="14.5" cy="12" r="6.5" fill="#fff" /></svg>
        <span>Sisyphus</span></a>
      <nav aria-label=${t("nav")}>${ROOMS.map(([name, views]) => html`
        <a key=${name} href="/${name}" aria-current=${views.includes(view) ? "page" : undefined}>${t(`nav.${name}`)}</a>`)}</nav>
      <${ProjectChoice} />
      <button class="button plain" type="button" lang=${language.value === "zh" ? "en" : "zh"} title=${t("language")}
        onClick=${() => setLanguage(chosenLanguage.value === "zh" ? "en" : "zh")}>${language.value === "zh" ? "English" : "中文"}</button>
      <${Menu} right cls="button plain square" title=${t("theme")} label=${html`<${Icon} name="theme" />`}>
        ${["system", "light", "dark"].map((name) => html`<button key=${name} type="button" aria-pressed=${theme.value === name}
          onClick=${() => setTheme(name)}>${t(`theme.${name}`)}${theme.value === name && html`<${Icon} name="passed" />`}</button>`)}
      </${Menu}>
      <${Reader} />
    </div></header><${Notices} />`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Reader() {
  if (!me.value) return null;
  if (me.value.auth === "none") return html`<span class="tag amber wide" title=${t("user.everybody.why")}>${t("user.everybody")}</span>`;
  const name = who(me.value.user_id, me.value.user_name);
  return html`<${Menu} right cls="button plain" title=${name} label=${html`<${Icon} name="user" /><span class="wide"><bdi>${name}</bdi></span>`}>
    <p class="quiet small">${t("user.may", { what: me.value.permissions.map((one) => t(`permission.${one}`)).join(t("comma")) })}</p>
    ${me.value.sign_in && html`<button type="button" onClick=${signOut}>${t("sign_out")}</button>`}
  </${Menu}>`;
}

function Notices() {
  if (outdated.value) {
    return html`<div class="notice-bar" role="status">${t("outdated")}<button class="link" type="button" onClick=${() => location.reload()}>${t("reload")}</button></div>`;
  }
  if (lost.value && second.value - lost.value.since > 3000) return html`<${Lost} />`;
  if (copiedByKey.value !== null) return html`<div class="notice-bar ${copiedByKey.value ? "good" : ""}" role="status">${t(copiedByKey.value ? "copied" : "copy.failed")}</div>`;
  if (found.value) return html`<div class="notice-bar good" role="status">${t("connection.found")}</div>`;
  if (busyUntil.value) {
    return html`<div class="notice-bar" role="status">${t("busy", { s: Math.max(0, Math.ceil((busyUntil.value - second.value) / 1000)) })}</div>`;
  }
  return null;
}

function Lost() {
  const left = Math.max(0, Math.ceil((lost.value.next - second.value) / 1000));
  return html`<div class="notice-bar"><span role="status">${t("connection.lost", { at: clockTime(lost.value.since) })}</span>
    <span>${t("connection.next", { s: left })}</span>
    <button class="link" type="button" onClick=${lost.value.again}>${t("connection.now")}</button></div>`;
}

const spoken = signal("");
/** Said once to whoever does not see it. */
export const say = (text) => (spoken.value = text);
export const LiveRegion = () => html`<div class="unseen" role="status" aria-live="polite">${spoken.value}</div>`;

/** What the reader was told to be at: he came there himself, by loading the page. */
let told = route.peek().path;

/** Of another page it is also said, as a browser would: here nothing is loaded. */
export function useTitle(text) {
  const { path } = route.value;
  useEffect(() => {
    document.title = text ? `${text} · Sisyphus` : "Sisyphus";
    if (text && thing(path) !== thing(told)) say(text);
    if (text) told = path;
  }, [text, path]);
}

/** The drawer over an execution takes the focus instead. */
const thing = (path) => path.replace(/\/cases\/\d+$/, (drawer, at) => (at ? "" : drawer));
