// What this browser remembers of its reader; nothing of it is a secret. Tabs follow one another.

import { computed, signal } from "./base.js";

const LANGUAGES = ["zh", "en"];
const THEMES = ["system", "light", "dark"];

export function recall(name) {
  try {
    return localStorage.getItem(`sisyphus.${name}`);
  } catch {
    return null;
  }
}

/** `null` forgets it. */
export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(`sisyphus.${name}`);
    else localStorage.setItem(`sisyphus.${name}`, value);
  } catch { /* storage is closed: it lasts as long as the page */ }
}

/** Names of what is remembered that begin with `family`. */
export function remembered(family) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(`sisyphus.${family}`)).map((key) => key.slice("sisyphus.".length));
  } catch {
    return [];
  }
}

const spoken = () => (navigator.languages.some((one) => /^zh\b/i.test(one)) ? "zh" : "en");

export const chosenLanguage = signal(LANGUAGES.find((one) => one === recall("language")) ?? spoken());
export const theme = signal(THEMES.find((one) => one === recall("theme")) ?? "system");
const dark = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(dark.matches);
dark.addEventListener("change", () => (systemIsDark.value = dark.matches));
/** For what is painted once and has no style of its own. */
export const isDark = computed(() => (theme.value === "system" ? systemIsDark.value : theme.value === "dark"));
export const letterKeys = signal(recall("keys") !== "off");

export function setLanguage(name) {
  remember("language", name);
  chosenLanguage.value = name;
}

export function setTheme(name) {
  remember("theme", name);
  paint(name);
}

function paint(name) {
  theme.value = name;
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

export function setLetterKeys(on) {
  remember("keys", on ? "on" : "off");
  letterKeys.value = on;
}

/** Others that listen to what another tab has remembered, by name. */
const listeners = {
  language: (value) => LANGUAGES.includes(value) && (chosenLanguage.value = value),
  theme: (value) => THEMES.includes(value) && paint(value),
  keys: (value) => (letterKeys.value = value !== "off"),
};
export const listen = (name, listener) => (listeners[name] = listener);

addEventListener("storage", (event) => {
  const name = event.key?.replace(/^sisyphus\./, "");
  if (event.key?.startsWith("sisyphus.") && event.newValue !== null) listeners[name]?.(event.newValue);
});
