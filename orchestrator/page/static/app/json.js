import { element } from "./dom.js";
import { visible } from "./parts.js";

// JSON for eyes. A number is shown as the document has it, also where JavaScript's own would round.

const MARK = `\u0000${Math.random()}:`;
const STRING = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"';
const NUMBER = "-?\\d[\\d.eE+-]*";
const STRING_OR_NUMBER = new RegExp(`${STRING}|${NUMBER}`, "g");
const TOKEN = new RegExp(`${STRING}|${NUMBER}|[a-z]+|[{}[\\],:]`, "g");
const MARKED = new RegExp(`"${JSON.stringify(MARK).slice(1, -1).replace(/[\\.]/g, "\\$&")}([^"]*)"`, "g");
const PLAIN_FROM = 60_000;

/** Like JSON.parse; numbers that would come out otherwise written become marked texts. */
function parseExact(text) {
  return JSON.parse(text.replace(STRING_OR_NUMBER, (token) =>
    token[0] === '"' || String(Number(token)) === token ? token : JSON.stringify(MARK + token)));
}

const isMarked = (value) => typeof value === "string" && value.startsWith(MARK);

/** The number to reckon with; null for anything else. */
function numberOf(value) {
  if (isMarked(value)) return Number(value.slice(MARK.length));
  return typeof value === "number" ? value : null;
}

function kindOf(value) {
  if (value === null || value === undefined) return "null";
  if (isMarked(value)) return "number";
  return Array.isArray(value) ? "array" : typeof value;
}

/** A value as JSON text. */
function written(value) {
  return (JSON.stringify(value ?? null, null, 2)).replace(MARKED, "$1");
}

/** A value as a reader wants it: text is bare, the rest is JSON. */
const bare = (value) => (kindOf(value) === "string" ? value : written(value));

/** JSON text with line breaks, token by token: nothing is parsed, so nothing is lost. */
function indented(source) {
  const tokens = source.match(TOKEN) ?? [];
  const pieces = [];
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i];
    if (token === "{" || token === "[") {
      if (tokens[i + 1] === "}" || tokens[i + 1] === "]") pieces.push(token, tokens[(i += 1)]);
      else pieces.push(token, ((depth += 1), line()));
    } else if (token === "}" || token === "]") pieces.push(((depth -= 1), line()), token);
    else if (token === ",") pieces.push(token, line());
    else pieces.push(token === ":" ? ": " : token);
  }
  return pieces.join("");
}

function isJson(text) {
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function colourOf(token, next) {
  if (token[0] === '"') return /^\s*:/.test(next) ? "json-key" : "json-string";
  return /^[-\d]/.test(token) ? "json-number" : /^[a-z]/.test(token) ? "json-word" : null;
}

/** JSON text as coloured nodes; plain where colouring would make the page slow. */
function coloured(text) {
  const source = visible(text);
  const nodes = document.createDocumentFragment();
  if (source.length > PLAIN_FROM) {
    nodes.append(source);
    return nodes;
  }
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    const after = match.index + match[0].length;
    const colour = colourOf(match[0], source.slice(after, after + 2));
    if (!colour) continue;
    nodes.append(source.slice(end, match.index), element("span", { class: colour }, match[0]));
    end = after;
  }
  nodes.append(source.slice(end));
  return nodes;
}

export { bare, coloured, indented, isJson, numberOf, parseExact, written };
