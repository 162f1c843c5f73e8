// Bars on a canvas, in one pass, in the colours of the page's theme.

import { duration } from "./format.js";
import { isUnheard } from "./status.js";

const COLOURS = { 1: "--accent", 2: "--green-bar", 3: "--red-bar", 4: "--amber-bar", 5: "--grey-bar", 6: "--violet-bar", 7: "--grey-bar" };
const STEPS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600];

export function painter(lane, axis) {
  return function draw(canvas, found, shown, width) {
    const height = axis + found.lanes.length * lane;
    const scale = devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(canvas);
    const colour = resolver(canvas);
    const x = (time) => ((time - shown.from) / (shown.to - shown.from)) * width;
    drawAxis(pen, { found, shown, width, height, x, font: style.fontFamily, ink: colour("--ink-2"), line: colour("--line-soft"), axis });
    found.lanes.forEach((one, i) => {
      for (const bar of one.bars) {
        if (bar.end >= shown.from && bar.start <= shown.to) drawBar(pen, bar, x(bar.start), x(bar.end), axis + i * lane + 6, lane - 12, colour);
      }
    });
  };
}

/** A custom property as the canvas takes it: `light-dark()` is settled by an element's own colour. */
function resolver(canvas) {
  const known = new Map();
  return (name) => {
    if (!known.has(name)) {
      canvas.style.color = `var(${name})`;
      known.set(name, getComputedStyle(canvas).color);
      canvas.style.color = "";
    }
    return known.get(name);
  };
}

function drawAxis(pen, { found, shown, width, height, x, font, ink, line, axis }) {
  const wanted = (shown.to - shown.from) / 1000 / Math.max(2, width / 90);
  const step = (STEPS.find((one) => one >= wanted) ?? STEPS.at(-1)) * 1000;
  pen.font = `11px ${font}`;
  pen.lineWidth = 1;
  for (let time = found.from + Math.ceil((shown.from - found.from) / step) * step; time <= shown.to; time += step) {
    const at = Math.round(x(time)) + 0.5;
    pen.strokeStyle = line;
    pen.beginPath();
    pen.moveTo(at, axis - 6);
    pen.lineTo(at, height);
    pen.stroke();
    pen.fillStyle = ink;
    pen.fillText(mark((time - found.from) / 1000, step / 1000), Math.min(at + 3, width - 36), 14);
  }
}

const mark = (seconds, step) => (seconds === 0 ? "0 s" : step < 1 ? `${seconds.toFixed(2)} s` : seconds < 60 ? `${Math.round(seconds)} s` : duration(seconds));

/** A torn edge where the end is not known. */
function drawBar(pen, bar, from, to, y, height, colour) {
  const width = Math.max(2, to - from - 1);
  pen.fillStyle = colour(isUnheard(bar.row) ? "--amber-bar" : COLOURS[bar.row.status] ?? "--grey-bar");
  if (!bar.torn) {
    pen.fillRect(from, y, width, height);
    return;
  }
  const end = from + Math.max(12, width);
  pen.beginPath();
  pen.moveTo(from, y);
  pen.lineTo(end, y);
  for (let i = 1; i <= 4; i += 1) pen.lineTo(end - (i % 2) * 5, y + (height * i) / 4);
  pen.lineTo(from, y + height);
  pen.fill();
}
