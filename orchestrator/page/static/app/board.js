// The plan that is being written: order by drag or Alt and arrows, a round for each case.

import { html, useRef, useSignal } from "./base.js";
import { movedTo, removed, withRound } from "./draft.js";
import { say } from "./frame.js";
import { Icon } from "./icons.js";
import { t } from "./texts.js";

export function Board({ entries }) {
  const dragged = useSignal(null);
  const list = useRef();
  const move = (from, to) => {
    const next = movedTo(entries.value, from, to);
    if (next === entries.value) return;
    entries.value = next;
    say(t("editor.at", { name: next[to].title, n: to + 1, total: next.length }));
    requestAnimationFrame(() => list.current?.children[to]?.focus());
  };
  const pressed = (event, index) => {
    if (event.altKey && event.key === "ArrowUp") move(index, index - 1);
    else if (event.altKey && event.key === "ArrowDown") move(index, index + 1);
    else if (event.key === "Delete" && event.target === event.currentTarget) drop(index);
    else if (!event.altKey && event.target === event.currentTarget && event.key === "ArrowUp") list.current.children[index - 1]?.focus();
    else if (!event.altKey && event.target === event.currentTarget && event.key === "ArrowDown") list.current.children[index + 1]?.focus();
    else return;
    event.preventDefault();
  };
  const drop = (index) => {
    entries.value = removed(entries.value, index);
    requestAnimationFrame(() => list.current?.children[Math.min(index, entries.value.length - 1)]?.focus());
  };
  return html`<section class="sheet board" aria-labelledby="board"><h2 id="board">${t("editor.board", { n: entries.value.length })}</h2>
    <p class="small quiet">${t("editor.how")}</p>
    <ol ref=${list}>${entries.value.map((one, i) => html`<li key=${one.case_id} class=${dragged.value === i ? "row entry dragged" : "row entry"} tabindex="0" draggable="true"
      onKeyDown=${(event) => pressed(event, i)} onDragStart=${() => (dragged.value = i)} onDragEnd=${() => (dragged.value = null)}
      onDragOver=${(event) => event.preventDefault()} onDrop=${(event) => (event.preventDefault(), dragged.value !== null && move(dragged.value, i))}>
      <span class="quiet num">${i + 1}</span><span class="name"><bdi>${one.title}</bdi><bdi class="quiet small">${one.key}${one.enabled ? "" : ` · ${t("catalogue.state.disabled")}`}</bdi></span>
      <input class="field round" type="number" min="1" aria-label=${t("editor.round", { name: one.title })} title=${t("editor.round.title")} placeholder=${t("round.every.short")} value=${one.round_no ?? ""}
        onInput=${(event) => (entries.value = withRound(entries.value, i, Number(event.target.value) || null))} />
      <button class="button plain" type="button" aria-label=${t("editor.remove", { name: one.title })} onClick=${() => drop(i)}><${Icon} name="close" /></button></li>`)}</ol></section>`;
}
