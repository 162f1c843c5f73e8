// The list: filter, order, folding, keys, links to a case.

const t = JSON.parse(document.getElementById("texts").textContent);
const list = document.getElementById("cases");
const rows = [...list.querySelectorAll("details.case")];
const search = document.getElementById("search");
const chips = [...document.querySelectorAll("[data-filter]")];
let wanted = "";

function fill(row) {
  if (!row.open || row.dataset.filled) return;
  row.dataset.filled = "yes";
  const inside = row.querySelector(":scope > .inside");
  inside.append(element("p", { class: "links" }, copyButton(t.copy_link, () => new URL(`#${row.id}`, location.href).href)));
  try {
    const said = row.querySelector(":scope > summary .message")?.textContent;
    inside.append(...caseDetails(parseExact(document.getElementById(`document-${row.dataset.number}`).textContent), said));
  } catch (error) {
    inside.append(element("p", { class: "notice" }, filled(t.unreadable, { error: error.message })));
  }
}

function applyFilter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const fits = (!wanted || row.dataset.status === wanted) && words.every((word) => row.dataset.search.includes(word));
    row.hidden = !fits;
    shown += fits;
  }
  for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.filter === wanted));
  document.getElementById("shown").textContent = filled(t.shown, { shown, total: rows.length });
  document.getElementById("nothing").hidden = shown > 0 || !rows.length;
}

function clearFilter() {
  wanted = "";
  search.value = "";
  applyFilter();
}

const RANKS = ["failed", "skipped", "passed"];
const byNumber = (a, b) => a.dataset.number - b.dataset.number;
const ORDERS = {
  failed: (a, b) => RANKS.indexOf(a.dataset.status) - RANKS.indexOf(b.dataset.status) || byNumber(a, b),
  run: byNumber,
  slowest: (a, b) => b.dataset.duration - a.dataset.duration || byNumber(a, b),
  name: (a, b) => a.dataset.name.localeCompare(b.dataset.name) || byNumber(a, b),
};

function applyOrder(name) {
  rows.sort(ORDERS[name]);
  list.prepend(...rows);
}

/** A few at a time, so that a thousand failures do not freeze the page. */
function openFailed() {
  const waiting = rows.filter((row) => row.dataset.status === "failed" && !row.hidden && !row.open);
  const some = () => {
    for (const row of waiting.splice(0, 10)) row.open = true;
    if (waiting.length) setTimeout(some);
  };
  some();
}

function closeAll() {
  for (const row of rows) row.open = false;
}

function goTo(row) {
  row.open = true;
  fill(row);
  row.querySelector("summary").focus({ preventScroll: true });
  row.scrollIntoView({ block: "start" });
}

function nextFailure(step) {
  const failed = rows.filter((row) => row.dataset.status === "failed" && !row.hidden);
  if (!failed.length) return;
  const here = failed.indexOf(document.activeElement?.closest("details.case"));
  const next = here < 0 ? (step > 0 ? 0 : failed.length - 1) : (here + step + failed.length) % failed.length;
  goTo(failed[next]);
}

const KEYS = {
  "/": () => { search.focus(); search.select(); },
  j: () => nextFailure(1),
  k: () => nextFailure(-1),
  Escape: () => { clearFilter(); search.blur(); },
};

function onKey(event) {
  const typing = event.target.closest?.("input, select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || (typing && event.key !== "Escape")) return;
  const action = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : null;
  if (!action) return;
  event.preventDefault();
  action();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `#…` names a case by its anchor, node id, case id or case key. */
function linked() {
  const name = decoded(location.hash.slice(1));
  return name ? rows.find((row) => row.id === name || row.dataset.links.split("\n").includes(name)) : undefined;
}

function followLink() {
  const row = linked();
  if (!row) return false;
  if (row.hidden) clearFilter();
  goTo(row);
  return true;
}

/** Who selects the text of a summary wants to copy it, not to fold it. */
function onClick(event) {
  const selection = getSelection();
  if (!selection.isCollapsed && event.target.closest("summary")?.contains(selection.anchorNode)) event.preventDefault();
}

function start() {
  list.addEventListener("click", onClick);
  list.addEventListener("toggle", (event) => {
    if (event.target.matches("details.case")) fill(event.target);
  }, true);
  for (const chip of chips) chip.addEventListener("click", () => { wanted = chip.dataset.filter; applyFilter(); });
  search.addEventListener("input", applyFilter);
  document.getElementById("order").addEventListener("change", (event) => applyOrder(event.target.value));
  document.getElementById("open-failed").addEventListener("click", openFailed);
  document.getElementById("close-all").addEventListener("click", closeAll);
  document.addEventListener("keydown", onKey);
  window.addEventListener("hashchange", followLink);
  document.getElementById("toolbar").hidden = false;
  applyFilter();
  const first = rows.find((row) => row.dataset.status === "failed") ?? (rows.length === 1 ? rows[0] : undefined);
  if (!followLink() && first) first.open = true;
}

start();
