// Failures that have one cause: the same step, check and path, and a message that differs only in
// what differs from case to case.

import { isUnheard, SPOILED } from "./status.js";

const PARTS = [
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, "…"],
  [/\b0x[0-9a-f]+\b/gi, "…"],
  [/\b(?=[a-f]*\d)[0-9a-f]{12,}\b/gi, "…"],
  [/\d+(?:[.,:_-]\d+)*/g, "…"],
];

export function normalised(message) {
  const line = (message ?? "").split("\n", 1)[0];
  return PARTS.reduce((text, [pattern, dots]) => text.replace(pattern, dots), line).trim();
}

/** What two failures share; the message as it is when it names the place already. */
export function causeKey(row) {
  if (isUnheard(row)) return `unheard|${normalised(row.error_message)}`;
  const cause = row.cause;
  const where = cause ? [cause.step, cause.check ?? "", cause.path ?? "", cause.type ?? ""].join("|") : "";
  return `${row.status}|${where}|${normalised(row.error_message)}`;
}

/** Short, for an address. */
export function hash(text) {
  let value = 5381;
  for (let i = 0; i < text.length; i += 1) value = ((value * 33) ^ text.charCodeAt(i)) >>> 0;
  return value.toString(36);
}

/** [{id, row (the first of them), rows}], those with most cases first. */
export function causes(rows) {
  const groups = new Map();
  for (const row of rows) {
    if (!SPOILED.has(row.status) || row.status === 7) continue;
    const key = causeKey(row);
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { id: hash(key), row, rows: [row] });
  }
  return [...groups.values()].sort((a, b) => b.rows.length - a.rows.length || a.row.run_order - b.row.run_order);
}
