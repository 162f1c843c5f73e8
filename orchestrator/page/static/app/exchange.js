// A request and its response, and the command line that sends it again.

import { html, useLayoutEffect, useRef, useSignal } from "./base.js";
import { curl } from "./curl.js";
import { bare, coloured, indented, isJson } from "./json.js";
import { Copy, visible } from "./parts.js";
import { t } from "./texts.js";

const LONG = 2000;

export function Exchange({ step, open = false }) {
  const { response } = step;
  const request = response?.request;
  if (!request) return null;
  const { command, notes } = curl(request);
  return html`<section class="exchange">
    <div class="sent"><b>${request.method}</b> <bdi class="mono url">${visible(request.url)}</bdi>
      <span class="outcome"><b class=${response.status_code < 400 ? "" : "status bad"}>${response.status_code ?? "—"}</b>${response.response_time !== undefined && html` <span class="quiet">${t("ms", { n: Math.round(response.response_time) })}</span>`}</span>
      ${command && html`<${Copy} text=${command} label=${t("copy.curl")} />`}</div>
    ${notes.length > 0 && html`<p class="small quiet">${notes.join(" ")}</p>`}
    <${Fold} title=${t("response")} open=${open}><${Body} value=${response.body} cut=${response.full_size} /></${Fold}>
    <${Fold} title=${t("request")} open=${open && hasBody(request)}><${Body} value=${request.body} cut=${request.full_size} /></${Fold}>
    <${Fold} title=${t("headers")}><h4>${t("request")}</h4><${Headers} all=${request.headers} /><h4>${t("response")}</h4><${Headers} all=${response.headers} /></${Fold}>
  </section>`;
}

const hasBody = (request) => request.body !== undefined && request.body !== null && request.body !== "";

export function Fold({ title, open: first = false, children }) {
  const open = useSignal(first);
  return html`<details open=${open.value} onToggle=${(event) => (open.value = event.target.open)}><summary>${title}</summary>${open.value && children}</details>`;
}

/** Text as it is; JSON with its lines, coloured. Long ones are cut until they are wanted whole. */
export function Body({ value, cut }) {
  const whole = useSignal(false);
  const pre = useRef();
  const text = value === undefined || value === null || value === "" ? "" : bare(value);
  const shown = typeof value !== "string" ? text : isJson(text) ? indented(text) : text;
  const part = whole.value ? shown : shown.slice(0, LONG);
  const json = typeof value !== "string" || isJson(text);
  useLayoutEffect(() => pre.current?.replaceChildren(json ? coloured(part) : visible(part)), [part, json]);
  if (!text) return html`<p class="quiet small">${t("body.none")}</p>`;
  return html`<div class="body"><${Copy} text=${shown} /><pre class="code" ref=${pre}></pre>
    ${shown.length > part.length && html`<button class="link small" type="button" onClick=${() => (whole.value = true)}>${t("show_all", { n: shown.length })}</button>`}
    ${cut && html`<p class="small quiet">${t("cut", { n: cut })}</p>`}</div>`;
}

const Headers = ({ all }) => html`<dl class="headers mono">${Object.entries(all ?? {}).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd><bdi>${visible(bare(value))}</bdi></dd>`)}</dl>`;
