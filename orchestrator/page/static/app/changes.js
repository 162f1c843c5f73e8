// What is different from the last run of the same: new failures, old ones, what was mended.

import { get } from "./api.js";
import { SPOILED } from "./status.js";

/** {id, outcomes: status by case}; null when there is none to compare with. */
export async function before(execution, abort) {
  const id = execution.rerun_of ?? await lastOf(execution, abort);
  if (id === null) return null;
  const outcomes = new Map();
  for (let page = 1, total = 1; (page - 1) * 5000 < total; page += 1) {
    const said = await get("/automation/execution/case/list", { executionId: id, view: "brief", pageNo: page, pageSize: 5000 }, { signal: abort });
    for (const row of said.list) outcomes.set(row.case_id, row.marked ? null : row.status);
    total = said.total;
  }
  return { id, outcomes };
}

/** The newest of the same plan, round and environment that came to a verdict. */
async function lastOf(execution, abort) {
  if (execution.plan_id === null) return null;
  const said = await get("/automation/execution/list", {
    planId: execution.plan_id, envCode: execution.env_code, status: "4,5,8", beforeId: execution.id, pageSize: 20,
  }, { signal: abort });
  return said.list.find((row) => row.plan_round_no === execution.plan_round_no)?.id ?? null;
}

const JUDGED = new Set([2, 3, 4, 6]);
const bad = (status) => SPOILED.has(status) && status !== 7;

/** new, still, fixed, missed (did not run this time); undefined: nothing to say. */
export function changeOf(row, outcomes) {
  const was = outcomes.get(row.case_id);
  if (bad(row.status) && !row.marked) return was !== undefined && was !== null && bad(was) ? "still" : "new";
  if (row.status === 2 && was !== undefined && was !== null && bad(was)) return "fixed";
  if (JUDGED.has(was) && (row.status === 7 || (row.marked && row.status === 4))) return "missed";
  return undefined;
}

/** The rows of each kind. */
export function changes(rows, outcomes) {
  const found = { new: [], still: [], fixed: [], missed: [] };
  for (const row of rows) found[changeOf(row, outcomes)]?.push(row);
  return found;
}
