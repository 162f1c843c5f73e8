// Small drawings, 16 units wide.

import { html } from "./base.js";

export const PATHS = {
  passed: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5.2 8.2l2 2 3.7-4.2",
  failed: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
  warning: "M8 2.2 14.2 13H1.8zM8 6.4v3M8 11.2v.1",
  blocked: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M4.6 8h6.8",
  skipped: "M3.5 4l4 4-4 4M8.5 4l4 4-4 4",
  unknown: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M6.3 6.3a1.8 1.8 0 1 1 2.4 1.8c-.5.2-.7.5-.7 1M8 11.3v.1",
  canceled: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M3.7 12.3l8.6-8.6",
  waiting: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M8 4.6V8l2.3 1.5",
  pending: "M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6",
  running: "M8 1.8a6.2 6.2 0 1 1-5.4 3.1",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3l3.2 3.2",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  left: "M10 3.5 5.5 8l4.5 4.5",
  right: "M6 3.5 10.5 8 6 12.5",
  more: "M3.5 8v.1M8 8v.1M12.5 8v.1",
  down: "M4 6l4 4 4-4",
  copy: "M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2",
  theme: "M8 1.8a6.2 6.2 0 1 0 0 12.4zM8 1.8a6.2 6.2 0 0 1 0 12.4",
  user: "M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8M2.8 14a5.2 5.2 0 0 1 10.4 0",
  open: "M9.5 2.5h4v4M13.5 2.5 8 8M6.5 3.5h-4v10h10v-4",
  again: "M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3",
};

export const Icon = ({ name, turning = false }) => html`
  <svg class=${turning ? "icon turning" : "icon"} viewBox="0 0 16 16" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
