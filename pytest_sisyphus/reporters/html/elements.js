// Nodes of the page. Whatever comes from a test enters as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";
const SHOWN_LIMIT = 100_000;
const OPEN_LIMIT = 3_000;

/** What has no shape of its own, or steers the text around it; the rules of figures.py. */
const UNSEEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** Blanks and joiners that look like another, or like nothing. */
const ALIKE = /[\r\xa0\u2000-\u200a\u200c\u200d\u202f\u205f\u3000]/g;
const escaped = (character) => `\\u${character.codePointAt(0).toString(16).padStart(4, "0")}`;
const visible = (text) => String(text).replace(UNSEEN, escaped);
/** Where two texts differ, also what looks the same must be told apart. */
const distinct = (text) => visible(text).replace(ALIKE, escaped);
const shown = (child) => (typeof child === "string" ? visible(child) : child);

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== "").map(shown));
  return node;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

/** Seconds; the rules of clock.py. */
function duration(seconds) {
  if (seconds < 1) return milliseconds(seconds * 1000);
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

function milliseconds(ms) {
  if (ms >= 1000) return duration(ms / 1000);
  if (ms > 0 && ms < 0.005) return "< 0.01 ms";
  return `${ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
}

function bytes(size) {
  if (size < 1024) return `${size} B`;
  return size < 1_048_576 ? `${(size / 1024).toFixed(1)} KB` : `${(size / 1_048_576).toFixed(1)} MB`;
}

function copyButton(label, text) {
  const button = element("button", { type: "button", class: "copy" }, label);
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    button.textContent = (await copied(text())) ? t.copied : t.copy_failed;
    setTimeout(() => { button.textContent = label; }, 1600);
  });
  return button;
}

/** The clipboard's own interface exists on secure pages only; a report may be read over http. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", { class: "hidden-label", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

/** A box of text that scrolls; a very long text is shown in part until it is asked for. */
function box(text, { json = false, label } = {}) {
  const pre = element("pre", { tabindex: "0", role: "region", "aria-label": label });
  const fill = (part) => pre.replaceChildren(json ? coloured(part) : visible(part));
  if (text.length <= SHOWN_LIMIT) {
    fill(text);
    return pre;
  }
  fill(text.slice(0, SHOWN_LIMIT));
  const more = element("button", { type: "button" }, filled(t.show_all, { size: bytes(new Blob([text]).size) }));
  more.addEventListener("click", () => { fill(text); more.remove(); });
  return element("div", {}, pre, more);
}

/** A fold that makes its inside when it is first opened. */
function fold(attributes, summary, inside, open) {
  const node = element("details", attributes, element("summary", {}, summary));
  const fill = () => {
    if (node.open && !node.dataset.filled) {
      node.dataset.filled = "yes";
      node.append(...[inside()].flat().filter(Boolean));
    }
  };
  node.addEventListener("toggle", fill);
  node.open = open;
  fill();
  return node;
}

const part = (label, extra, inside, open) =>
  fold({ class: "part" }, [element("b", {}, label), element("span", { class: "extra" }, extra ?? "")], inside, open);

function pairs(mapping) {
  return element("dl", { class: "pairs" }, Object.entries(mapping).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, kindOf(value) === "string" ? value : coloured(written(value))))));
}

function table(heads, rows) {
  return element("table", {},
    element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, rows.map((row) => element("tr", {}, row.map((cell, i) => element("td", { "data-label": heads[i] }, cell))))));
}

function stepStatus(status) {
  const known = t.step_status[status] ? status : "error";
  const look = known === "success" ? "passed" : known;
  return element("span", { class: `status ${look}` }, icon(look), t.step_status[status] ?? String(status));
}
