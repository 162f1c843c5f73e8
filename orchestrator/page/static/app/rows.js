// A long list of which only what is seen is in the page. All rows have one height.

import { html, useEffect, useLayoutEffect, useRef, useSignal } from "./base.js";

const OVERSCAN = 6;

/** `height` of a row; `draw(id, index)`; `focused` is never taken out. The window is what scrolls.
 * `columns` are for whoever does not see them. */
export function Rows({ ids, height, draw, focused, label, columns }) {
  const root = useRef();
  const view = useSignal({ from: 0, to: 40 });
  const anchor = useRef(null);
  const look = () => {
    if (!root.current) return;
    const top = -root.current.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(top / height) - OVERSCAN);
    const to = Math.ceil((top + innerHeight) / height) + OVERSCAN;
    const now = view.peek();
    if (from !== now.from || to !== now.to) view.value = { from, to };
    anchor.current = anchored(ids, top, height, root.current);
  };
  useEffect(() => {
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look);
    return () => (removeEventListener("scroll", look), removeEventListener("resize", look));
  }, [ids, height]);
  useLayoutEffect(() => {
    hold(anchor.current, ids, height);
    look();
  }, [ids, height]);

  const last = Math.min(ids.length, view.value.to);
  const first = Math.min(view.value.from, Math.max(0, last - 1));
  const seen = ids.slice(first, last).map((id, i) => [id, first + i]);
  const far = focused === undefined ? -1 : ids.indexOf(focused);
  if (far >= 0 && (far < first || far >= last)) seen.push([focused, far]);
  return html`<div ref=${root} class="window" role="table" aria-label=${label} aria-rowcount=${ids.length + 1} style=${{ height: `${ids.length * height}px` }}>
    <div role="row" aria-rowindex="1" class="unseen">${columns.map((name) => html`<span key=${name} role="columnheader">${name}</span>`)}</div>
    ${seen.map(([id, index]) => html`<div key=${id} role="row" aria-rowindex=${index + 2} class="slot"
      style=${{ transform: `translateY(${index * height}px)`, height: `${height}px` }}>${draw(id, index)}</div>`)}</div>`;
}

/** The row that must not move: under the pointer or focus, else the first that is seen. */
function anchored(ids, top, height, root) {
  const touched = root.querySelector(".slot:focus-within [data-row], .slot:hover [data-row]");
  if (!touched && top <= 0) return null;
  const id = touched ? Number(touched.dataset.row) : ids[Math.max(0, Math.floor(top / height))];
  return id === undefined ? null : { id, index: ids.indexOf(id) };
}

function hold(anchor, ids, height) {
  if (!anchor) return;
  const index = ids.indexOf(anchor.id);
  const moved = index - anchor.index;
  if (index >= 0 && moved) scrollBy({ top: moved * height, behavior: "instant" });
}
