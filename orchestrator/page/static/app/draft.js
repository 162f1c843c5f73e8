// A plan that is being written: pure moves of its entries, and what is different from what is saved.

/** An entry: {case_id, plan_case_id, round_no, title, key}. */
export const entry = (row) => ({
  case_id: row.case_id, plan_case_id: row.plan_case_id ?? null, round_no: row.round_no ?? null,
  title: row.case_title || row.case_key, key: row.case_key, enabled: row.enabled !== false,
});

/** At the end, once each. */
export function added(entries, rows) {
  const there = new Set(entries.map((one) => one.case_id));
  return [...entries, ...rows.filter((row) => !there.has(row.case_id)).map(entry)];
}

export const removed = (entries, index) => entries.filter((_, i) => i !== index);

export function movedTo(entries, from, to) {
  if (to < 0 || to >= entries.length || from === to) return entries;
  const next = [...entries];
  next.splice(to, 0, ...next.splice(from, 1));
  return next;
}

export const withRound = (entries, index, round) => entries.map((one, i) => (i === index ? { ...one, round_no: round } : one));

/** {added, removed, moved, rounds}: how many of each. */
export function differences(before, after) {
  const was = new Map(before.map((one, i) => [one.case_id, { ...one, i }]));
  const now = new Set(after.map((one) => one.case_id));
  const kept = after.filter((one) => was.has(one.case_id));
  const order = before.filter((one) => now.has(one.case_id)).map((one) => one.case_id);
  return {
    added: after.length - kept.length,
    removed: before.length - order.length,
    moved: kept.filter((one, i) => order[i] !== one.case_id).length,
    rounds: kept.filter((one) => was.get(one.case_id).round_no !== one.round_no).length,
  };
}
