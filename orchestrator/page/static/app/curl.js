import { bare } from "./json.js";
import { notes as t } from "./notes.js";

// A request as a command line that sends it again.

const CURL_SETS = new Set(["content-length", "connection", "transfer-encoding", "host", "accept-encoding"]);
/** A longer text cannot be one argument of a program (Linux: 128 KiB). */
const ARGUMENT_LIMIT = 100_000;

/** Quoted for bash and zsh; `$'…'` where a control character would not survive the clipboard. */
function quoted(text) {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  if (!/[\u0000-\u001f\u007f]/.test(text.replace(/\n/g, ""))) return `'${text.replaceAll("'", "'\\''")}'`;
  const escapes = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", "'": "\\'" };
  const inner = text.replace(/[\u0000-\u001f\u007f\\']/g, (character) =>
    escapes[character] ?? `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
  return `$'${inner}'`;
}

const headerOf = (headers, name) =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];

function base64Of(text) {
  const bytes = new TextEncoder().encode(text);
  let raw = "";
  for (let i = 0; i < bytes.length; i += 8192) raw += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(raw);
}

/** How the body goes along: {options, pipe, notes}. */
function curlBody(request) {
  const body = request.body;
  if (body === undefined || body === null || body === "") return { options: [], notes: [] };
  if (request.truncated || body.truncated) return { options: [], notes: [t.curl_cut] };
  const multipart = /^multipart\//i.test(headerOf(request.headers ?? {}, "content-type") ?? "");
  const notes = multipart ? [t.curl_multipart] : [];
  if (typeof body.base64 === "string" && Object.keys(body).length === 1) {
    if (!/^[A-Za-z0-9+/=]*$/.test(body.base64)) return { options: [], notes: [t.curl_masked_binary] };
    return { ...piped(quoted(body.base64), true), notes: [...notes, t.curl_binary] };
  }
  const text = bare(body);
  if (text.includes("\u0000")) return { ...piped(quoted(base64Of(text)), true), notes };
  if (text.length > ARGUMENT_LIMIT) return { ...piped(quoted(text), false), notes };
  return { options: [`--data-raw ${quoted(text)}`], notes };
}

function piped(argument, isBase64) {
  const decode = isBase64 ? " | base64 -d" : "";
  return { options: ["--data-binary @-"], pipe: `printf %s ${argument}${decode} | ` };
}

function curlHeaders(headers, hasBody) {
  const options = Object.entries(headers)
    .filter(([name]) => !CURL_SETS.has(name.toLowerCase()))
    .map(([name, value]) => `-H ${quoted(value === "" ? `${name};` : `${name}: ${value}`)}`);
  if (headerOf(headers, "accept-encoding")) options.push("--compressed");
  if (hasBody && headerOf(headers, "content-type") === undefined) options.push("-H 'Content-Type:'");
  return options;
}

function curlMethod(method, hasBody) {
  if (method === "HEAD") return hasBody ? ["-X HEAD"] : ["--head"];
  return method === (hasBody ? "POST" : "GET") ? [] : [`-X ${quoted(method)}`];
}

/** {command, notes}; no command for what was not recorded as a request. */
function curl(request) {
  if (!request?.url || !request.method) return { command: "", notes: [t.curl_none] };
  const { options, pipe = "", notes } = curlBody(request);
  const headers = request.headers ?? {};
  const parts = [
    ["curl", ...curlMethod(request.method, options.length > 0), ...(/[[\]{}]/.test(request.url) ? ["--globoff"] : []),
      ...(/\/\.\.?(\/|$)/.test(request.url) ? ["--path-as-is"] : []), quoted(request.url)].join(" "),
    ...curlHeaders(headers, options.length > 0),
    ...options,
  ];
  const command = pipe + parts.join(" \\\n  ");
  return { command, notes: command.includes("***") ? [...notes, t.curl_masked] : notes };
}

export { curl, quoted };
