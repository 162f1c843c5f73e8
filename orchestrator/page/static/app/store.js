// One execution and its cases. An event replaces one signal, so only that row is drawn anew.

import { batch, signal } from "./base.js";
import { get } from "./api.js";
import { OPEN } from "./status.js";

const PAGE = 5000;
const SETTLE = 250;

export class Store {
  execution = signal(null);
  /** Why there is nothing to see any more. */
  error = signal(null);
  loaded = signal(false);
  /** Too many windows: this one looks now and then. */
  crowded = signal(false);
  rows = new Map();
  /** Moves when rows have changed, four times a second at most: what is counted or sorted looks here. */
  version = signal(0);
  last = "";
  #queue = new Map();
  #head = null;
  #frame = 0;
  #settling = 0;

  constructor(id) {
    this.id = id;
  }

  async load(abort) {
    const execution = await get("/automation/execution/detail", { executionId: this.id }, { signal: abort });
    this.last = execution.event_id ?? "";
    const cases = [];
    for (let page = 1, total = 1; (page - 1) * PAGE < total; page += 1) {
      const said = await get("/automation/execution/case/list", { executionId: this.id, view: "brief", pageNo: page, pageSize: PAGE }, { signal: abort });
      cases.push(...said.list);
      total = said.total;
    }
    this.take([execution], cases);
    this.loaded.value = true;
  }

  /** What was asked for beside the stream counts only if the stream has not said more meanwhile. */
  note(row) {
    if (Number.parseInt(row.event_id, 10) >= Number.parseInt(this.last || "0", 10) && !this.#head) this.take([row], []);
  }

  isOver() {
    return this.execution.value !== null && !OPEN.has(this.execution.value.status);
  }

  mayHeal() {
    const row = this.execution.value;
    return row.status === 8 && row.outcome === null;
  }

  gone(error) {
    this.error.value = error;
  }

  receive({ event, id, data }) {
    if (data === undefined) return;
    const row = JSON.parse(data);
    if (event === "case") this.#queue.set(row.id, row);
    else if (event === "execution") this.#head = row;
    this.last = id ?? this.last;
    this.#frame ||= requestAnimationFrame(() => this.#flush());
    if (document.hidden) this.#flush();
  }

  #flush() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const head = this.#head ? [this.#head] : [];
    const cases = [...this.#queue.values()];
    this.#queue.clear();
    this.#head = null;
    this.take(head, cases);
  }

  take(executions, cases) {
    batch(() => {
      for (const row of executions) this.execution.value = row;
      for (const row of cases) {
        const known = this.rows.get(row.id);
        if (known) known.value = row;
        else this.rows.set(row.id, signal(row));
      }
    });
    if (cases.length) this.#settle();
  }

  #settle() {
    if (!this.loaded.peek()) this.version.value += 1;
    else this.#settling ||= setTimeout(() => {
      this.#settling = 0;
      this.version.value += 1;
    }, SETTLE);
  }

  /** All rows as they are now, by their order; who reads `version` is told when to look again. */
  all() {
    return [...this.rows.values()].map((one) => one.peek()).sort((a, b) => a.run_order - b.run_order);
  }
}

const KEPT = new Map();

/** The same store for the same execution, so that going back shows at once what was there. */
export function storeOf(id) {
  const store = KEPT.get(id) ?? new Store(id);
  KEPT.delete(id);
  KEPT.set(id, store);
  if (KEPT.size > 4) KEPT.delete(KEPT.keys().next().value);
  return store;
}
