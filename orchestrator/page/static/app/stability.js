// Which of the cases that went wrong are flaky, and what each usually takes.

import { useEffect, useSignal } from "./base.js";
import { get } from "./api.js";
import { isOpen, SPOILED } from "./status.js";

const MOST = 500;

/** By row id: {flaky, average_duration_seconds, last_passed}. Asked when it is over. */
export function useStability(execution, rows) {
  const known = useSignal(new Map());
  const over = !isOpen(execution);
  const wanted = over ? rows.value.filter((row) => SPOILED.has(row.status)).slice(0, MOST).map((row) => row.id).join(",") : "";
  useEffect(() => {
    if (!wanted) return undefined;
    const abort = new AbortController();
    get("/automation/execution/case/stability", { executionId: execution.id, executionCaseIds: wanted }, { signal: abort.signal })
      .then((said) => (known.value = new Map(said.list.map((one) => [one.execution_case_id, one]))), () => {});
    return () => abort.abort();
  }, [wanted]);
  return known;
}
