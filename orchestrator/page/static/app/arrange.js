// Which rows are shown, and in which order. What the reader has before his eyes stays there.

import { causeKey, hash } from "./causes.js";
import { isUnheard, SPOILED } from "./status.js";

const RANK = (row) => (SPOILED.has(row.status) && row.status !== 7 ? 0 : row.status === 1 ? 1 : 2);
const SORTS = {
  bad: (a, b) => RANK(a) - RANK(b) || a.run_order - b.run_order,
  order: (a, b) => a.run_order - b.run_order,
  slow: (a, b) => (b.duration_seconds ?? -1) - (a.duration_seconds ?? -1) || a.run_order - b.run_order,
  name: (a, b) => a.case_title.localeCompare(b.case_title) || a.run_order - b.run_order,
};
export const sorts = Object.keys(SORTS);

/** A test of rows by what the address says. */
export function matcher(query, changeOf) {
  const statuses = query.status ? new Set(query.status.split(",").map(Number)) : null;
  const words = (query.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return (row) => (!statuses || statuses.has(row.status))
    && (!query.change || changeOf(row) === query.change)
    && (!query.cause || (SPOILED.has(row.status) && hash(causeKey(row)) === query.cause))
    && (!query.unheard || isUnheard(row))
    && words.every((word) => `${row.case_title}\n${row.case_key}\n${row.pytest_nodeid ?? ""}\n${row.error_message ?? ""}`.toLowerCase().includes(word));
}

/**
 * {ids, left}: `left` are those that were shown, no longer match and stay until the reader wants
 * otherwise. `held`: the ids that are shown now, or null after he did.
 */
export function arranged(rows, query, changeOf, held) {
  const matches = matcher(query, changeOf);
  const left = new Set();
  const shown = rows.filter((row) => {
    if (matches(row)) return true;
    if (!held?.has(row.id)) return false;
    left.add(row.id);
    return true;
  });
  shown.sort(SORTS[query.sort] ?? SORTS.bad);
  return { ids: shown.map((row) => row.id), left };
}
