// The timeline: one canvas for all bars over a list of lanes. Wheel, keys and drag move the view.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useSignal } from "./base.js";
import { second } from "./clock.js";
import { duration } from "./format.js";
import { lanes } from "./lanes.js";
import { State } from "./parts.js";
import { isDark } from "./prefs.js";
import { address, go, route } from "./router.js";
import { caseWord, isOpen } from "./status.js";
import { painter } from "./paint.js";
import { t } from "./texts.js";

const LANE = 32;
const AXIS = 26;
const NAMES = 112;
const LEAST = 50;

export default function Timeline({ rows, row }) {
  const open = isOpen(row);
  const tick = open ? second.value : 0;
  const found = useMemo(() => lanes(rows.value, tick), [rows.value, tick]);
  const view = useSignal(null);
  if (!found.lanes.length) return html`<${State} title=${t(rows.value.some((one) => one.status > 1) ? "timeline.untimed" : "timeline.none")} />`;
  const all = { from: found.from, to: Math.max(found.to, found.from + LEAST) };
  const shown = view.value ?? all;
  return html`<section class="sheet timeline"><div class="tools">
      ${found.packed && html`<span class="small status warn">${t("timeline.packed")}</span>`}<span class="spacer"></span>
      <button class="button plain square" type="button" aria-label=${t("timeline.out")} onClick=${() => zoom(view, all, 1.6)}>－</button>
      <button class="button plain square" type="button" aria-label=${t("timeline.in")} onClick=${() => zoom(view, all, 1 / 1.6)}>＋</button>
      <button class="button plain" type="button" disabled=${!view.value} onClick=${() => (view.value = null)}>${t(open ? "timeline.follow" : "timeline.all")}</button></div>
    <div class="lanes"><ol style=${{ width: `${NAMES}px`, paddingTop: `${AXIS}px` }}>${found.lanes.map((lane) => html`<${Lane} key=${lane.name} lane=${lane} packed=${found.packed} />`)}</ol>
      <${Canvas} found=${found} shown=${shown} view=${view} all=${all} execution=${row.id} /></div>
    <${Remarks} found=${found} open=${open} /></section>`;
}

const Lane = ({ lane, packed }) => html`<li style=${{ height: `${LANE}px` }}><bdi>${packed ? t("timeline.lane", { n: lane.name }) : named(lane)}</bdi> <span class="quiet small">${lane.bars.length}</span></li>`;

/** Of a machine among several, and its worker where it has some. */
function named({ name, leg, worker }) {
  if (!leg) return name === "?" ? t("timeline.unknown") : name;
  return [t("timeline.leg", { n: leg }), worker].filter(Boolean).join(" ");
}

/** In words what the picture shows: who idled, who was alone, whose end is not known. */
function Remarks({ found, open }) {
  const remarks = found.lanes.flatMap((lane) => [
    !open && lane.alone > 0 && t("timeline.alone", { who: named(lane), s: duration(lane.alone / 1000) }),
    !open && lane.idle > 0 && t("timeline.idle", { who: named(lane), s: duration(lane.idle / 1000) }),
    ...lane.bars.filter((one) => one.torn).slice(0, 3).map((one) => t("timeline.torn", { who: named(lane), name: one.row.case_title })),
  ]).filter(Boolean);
  return remarks.length > 0 && html`<ul class="small quiet remarks">${remarks.slice(0, 12).map((text, i) => html`<li key=${i}>${text}</li>`)}</ul>`;
}

function zoom(view, all, factor, at = 0.5) {
  const now = view.value ?? all;
  const span = Math.max(LEAST, (now.to - now.from) * factor);
  if (span >= all.to - all.from) return (view.value = null);
  const middle = now.from + (now.to - now.from) * at;
  return move(view, all, middle - span * at, span);
}

function move(view, all, from, span) {
  const start = Math.min(Math.max(from, all.from), all.to - span);
  view.value = { from: start, to: start + span };
}

function Canvas({ found, shown, view, all, execution }) {
  const canvas = useRef();
  const tip = useSignal(null);
  const size = useSignal(0);
  const height = AXIS + found.lanes.length * LANE;
  const draw = useMemo(() => painter(LANE, AXIS), []);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => (size.value = entry.contentRect.width));
    observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => draw(canvas.current, found, shown, size.value), [found, shown.from, shown.to, size.value, isDark.value]);
  const at = (event) => {
    const box = canvas.current.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, lane: Math.floor((event.clientY - box.top - AXIS) / LANE) };
  };
  const barAt = (event) => {
    const { x, lane } = at(event);
    const time = shown.from + x * (shown.to - shown.from);
    const slack = ((shown.to - shown.from) / size.value) * 3;
    return found.lanes[lane]?.bars.findLast((one) => one.start - slack <= time && time <= one.end + slack);
  };
  const wheel = (event) => {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    zoom(view, all, event.deltaY > 0 ? 1.25 : 0.8, at(event).x);
  };
  const drag = (event) => {
    const start = event.clientX;
    const was = shown;
    const target = event.currentTarget;
    target.setPointerCapture(event.pointerId);
    target.onpointermove = (moved) => view.value && move(view, all, was.from - ((moved.clientX - start) / size.value) * (was.to - was.from), was.to - was.from);
    target.onpointerup = (ended) => {
      target.onpointermove = null;
      const bar = Math.abs(ended.clientX - start) < 4 && barAt(ended);
      if (bar) go(address(`/executions/${execution}/cases/${bar.row.id}`, { ...route.value.query, view: undefined }), { keep: true });
    };
  };
  const keys = (event) => {
    const span = shown.to - shown.from;
    if (event.key === "ArrowLeft") move(view, all, shown.from - span / 5, span);
    else if (event.key === "ArrowRight") move(view, all, shown.from + span / 5, span);
    else if (event.key === "+" || event.key === "=") zoom(view, all, 1 / 1.6);
    else if (event.key === "-") zoom(view, all, 1.6);
    else return;
    event.preventDefault();
  };
  return html`<div class="canvas" tabindex="0" role="group" aria-label=${t("timeline.canvas")} onKeyDown=${keys}>
    <canvas ref=${canvas} style=${{ height: `${height}px` }} onWheel=${wheel} onPointerDown=${drag} onPointerLeave=${() => (tip.value = null)}
      onMouseMove=${(event) => (tip.value = barAt(event)?.row ?? null)}></canvas>
    <p class="small tip cut" aria-hidden="true">${tip.value ? html`<b>${caseWord(tip.value)}</b> <bdi>${tip.value.case_title || tip.value.case_key}</bdi> ${duration(tip.value.duration_seconds)}` : html`<span class="quiet">${t("timeline.hint")}</span>`}</p></div>`;
}
