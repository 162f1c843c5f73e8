// Terminal text: of all that ANSI can say only colours and weight are read, the rest is left out.

const SEQUENCE = /\u001b(?:\[([0-9;:?]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** [{text, cls}] of each line; controls are symbols, so that nothing hides one. */
export function ansi(source) {
  const text = source.replace(/\r\n/g, "\n");
  const lines = [[]];
  let style = {};
  let end = 0;
  const push = (part) => part.split("\n").forEach((one, i) => {
    if (i) lines.push([]);
    if (one) lines.at(-1).push({ text: seen(one), cls: classOf(style) });
  });
  for (const match of text.matchAll(SEQUENCE)) {
    push(text.slice(end, match.index));
    if (match[2] === "m") style = applied(style, match[1]);
    end = match.index + match[0].length;
  }
  push(text.slice(end));
  return lines;
}

function applied(style, codes) {
  const next = { ...style };
  for (const code of (codes || "0").split(";").map(Number)) {
    if (code === 0) return {};
    if (code === 1) next.bold = true;
    else if (code === 22) next.bold = false;
    else if (code >= 30 && code <= 37) next.colour = COLOURS[code - 30];
    else if (code >= 90 && code <= 97) next.colour = COLOURS[code - 90];
    else if (code === 39) next.colour = undefined;
    else if (code === 38 || code === 48) break;
  }
  return next;
}

const classOf = ({ bold, colour }) => [bold && "ansi-bold", colour && `ansi-${colour}`].filter(Boolean).join(" ");

const seen = (text) => text
  .replace(/\r/g, "\n")
  .replace(CONTROL, (c) => (c === "\u007f" ? "␡" : String.fromCharCode(0x2400 + c.charCodeAt(0))))
  .replace(BIDI, (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
