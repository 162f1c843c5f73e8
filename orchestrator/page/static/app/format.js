// Numbers and moments in the reader's words.

import { language, t } from "./texts.js";
import { now } from "./clock.js";

/** 0.84 s · 12.3 s · 5:10 · 1:02:03; "—" for what was not measured. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "—";
  if (seconds > 0 && seconds < 0.005) return "<0.01 s";
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 86 s · 5 min · 2 h 5 min: a time that passes, as part of a sentence. */
export function span(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (seconds < 120) return t("time.seconds", { n: seconds });
  if (minutes < 120) return t("time.minutes", { n: minutes });
  return t("time.hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

const FORMATS = new Map();
function formatter(kind, options) {
  const key = `${language.value} ${kind} ${JSON.stringify(options)}`;
  if (!FORMATS.has(key)) FORMATS.set(key, new Intl[kind](language.value === "zh" ? "zh-CN" : "en-GB", options));
  return FORMATS.get(key);
}

const date = (at, options) => formatter("DateTimeFormat", { hourCycle: "h23", ...options }).format(at);
/** Chinese, too, stands apart from a number, as in all other texts. */
const relative = (value, unit) => formatter("RelativeTimeFormat", { numeric: "auto" }).format(value, unit).replace(/(\d)(\p{Script=Han})/u, "$1 $2");

/** 15:36:20 */
export const clockTime = (at) => date(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const zone = (at) => formatter("DateTimeFormat", { timeZoneName: "short" }).formatToParts(at).find((part) => part.type === "timeZoneName").value;
/** With everything: what stands behind the short form. The zone last, which Chinese formats put before the time. */
export const exact = (at) => `${date(at, { dateStyle: "medium" })} ${clockTime(at)} ${zone(at)}`;

/** "3 minutes ago" within the hour, "09:02" today, "yesterday 09:02", else the date. */
export function when(at, today = now()) {
  const past = (today - at) / 1000;
  if (past < 45) return t("time.just_now");
  if (past < 3600) return relative(-Math.max(1, Math.round(past / 60)), "minute");
  const time = date(at, { hour: "2-digit", minute: "2-digit" });
  const days = daysBetween(at, today);
  if (days === 0) return time;
  if (days === 1) return `${relative(-1, "day")} ${time}`;
  const sameYear = new Date(at).getFullYear() === new Date(today).getFullYear();
  return `${date(at, { month: "short", day: "numeric", ...(sameYear ? {} : { year: "numeric" }) })} ${time}`;
}

function daysBetween(at, today) {
  const midnight = (value) => new Date(value).setHours(0, 0, 0, 0);
  return Math.round((midnight(today) - midnight(at)) / 86_400_000);
}
