// A button with a box under it: Escape and a press elsewhere close it.

import { html, useEffect, useRef, useSignal } from "./base.js";

export function Menu({ label, title, children, right = false, cls = "button", disabled = false }) {
  const open = useSignal(false);
  const root = useRef();
  useEffect(() => {
    if (!open.value) return undefined;
    const outside = (event) => !root.current.contains(event.target) && (open.value = false);
    document.addEventListener("pointerdown", outside);
    root.current.querySelector(".menu-box :is(input, a, button)")?.focus();
    return () => document.removeEventListener("pointerdown", outside);
  }, [open.value]);
  return html`<div class="menu" ref=${root} onKeyDown=${(event) => pressed(event, open, root.current)}>
    <button class=${cls} type="button" aria-expanded=${open.value} aria-label=${typeof label === "string" ? undefined : title} title=${title}
      disabled=${disabled} onClick=${() => (open.value = !open.value)}>${label}</button>
    ${open.value && html`<div class=${right ? "menu-box right" : "menu-box"}
      onClick=${(event) => event.target.closest("button, a") && close(open, root.current)}>${children}</div>`}
  </div>`;
}

function close(open, root) {
  open.value = false;
  root.querySelector("button").focus();
}

function pressed(event, open, root) {
  if (!open.value) return;
  const items = [...root.querySelectorAll(".menu-box :is(input, a, button)")];
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") close(open, root);
  else if (step) items[(at + step + items.length) % items.length]?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
