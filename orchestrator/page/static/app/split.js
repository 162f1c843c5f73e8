// The line between list and drawer: moved by mouse and by keys, and remembered.

import { html, useMemo, useSignal } from "./base.js";
import { recall, remember } from "./prefs.js";
import { t } from "./texts.js";

const [LEAST, MOST, STEP] = [30, 65, 2];
const within = (value) => Math.min(MOST, Math.max(LEAST, Math.round(value)));

export function useSplit() {
  const width = useSignal(within(Number(recall("split")) || 48));
  const Splitter = useMemo(() => splitter(width), []);
  return { width, Splitter };
}

function splitter(width) {
  const set = (value) => remember("split", String((width.value = within(value))));
  const pressed = (event) => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    set(width.value + step);
  };
  const grabbed = (event) => {
    const line = event.currentTarget;
    const box = line.parentElement.getBoundingClientRect();
    line.setPointerCapture(event.pointerId);
    line.onpointermove = (move) => set(((box.right - move.clientX) / box.width) * 100);
    line.onpointerup = () => (line.onpointermove = null);
  };
  return () => html`<div class="splitter" role="separator" tabindex="0" aria-orientation="vertical" aria-label=${t("split")}
    aria-valuenow=${width.value} aria-valuemin=${LEAST} aria-valuemax=${MOST} onKeyDown=${pressed} onPointerDown=${grabbed}></div>`;
}
