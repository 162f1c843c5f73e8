// The page starts here: its words, then the frame, then the view that the address names.

import { effect, html, render, signal, useErrorBoundary } from "./base.js";
import { Head, LiveRegion } from "./frame.js";
import { useKeys } from "./keys.js";
import { fetched } from "./later.js";
import { ErrorBox, Skeleton, State } from "./parts.js";
import { chosenLanguage } from "./prefs.js";
import { go, route, start } from "./router.js";
import { asked, load, me } from "./session.js";
import { language, speak, t } from "./texts.js";
import List from "./list.js";

/** Views that are fetched when they are first opened. */
const LATER = {
  execution: () => import("./execution.js"),
  catalogue: () => import("./catalogue.js"),
  case: () => import("./case.js"),
  plans: () => import("./plans.js"),
  plan: () => import("./plan.js"),
  editor: () => import("./editor.js"),
  start: () => import("./start.js"),
  queue: () => import("./queue.js"),
};
const views = signal({ list: List });
const lame = signal(null);

function View() {
  const { view, query, path } = route.value;
  if (view === "nowhere") return html`<${State} title=${t("nowhere")}><p><a href="/executions">${t("nowhere.list")}</a></p></${State}>`;
  if (view === "sign-in") return html`<${Entrance} next=${query.next} />`;
  const Shown = views.value[view];
  if (Shown) return html`<${Guard} key=${view === "editor" || view === "plan" || view === "case" ? path : view}><${Shown} /></${Guard}>`;
  fetchView(view);
  return lame.value ? html`<${ErrorBox} error=${lame.value} again=${() => (lame.value = null)} />` : html`<${Skeleton} />`;
}

function fetchView(view) {
  fetched(LATER[view]).then(
    (module) => (views.value = { ...views.peek(), [view]: module.default }),
    (error) => (lame.value ??= error),
  );
}

/** A fault of the page's own is said in its place; the rest of the page stays. */
function Guard({ children }) {
  const [error, again] = useErrorBoundary((one) => console.error(one));
  return error ? html`<${ErrorBox} error=${error} again=${again} />` : children;
}

/** `/sign-in`: whoever is in goes on, but only to an address of this page. */
function Entrance({ next = "/executions" }) {
  if (me.value) queueMicrotask(() => go(/^\/(?![/\\])/.test(next) ? next : "/executions", { replace: true }));
  return html`<${Skeleton} />`;
}

const Form = signal(null);
effect(() => {
  if (asked.value && !Form.peek()) fetched(() => import("./signin.js")).then((module) => (Form.value = module.default));
});

const PAGES = { e: "/executions", c: "/cases", p: "/plans", q: "/queue" };
const help = signal(null);
const showHelp = () => fetched(() => import("./help.js")).then((module) => {
  module.shown.value = true;
  help.value = module;
});

function Keys() {
  useKeys({ "?": showHelp, ...Object.fromEntries(Object.entries(PAGES).map(([key, path]) => [`g ${key}`, () => go(path)])) });
  return help.value?.shown.value ? html`<${help.value.default} />` : null;
}

const App = () => html`<${Keys} /><${Head} /><main id="main" tabindex="-1"><${View} /></main>
  ${asked.value && Form.value && html`<${Form.value} />`}<${LiveRegion} />`;

start();
load().catch(() => {});
await speak(chosenLanguage.value);
effect(() => {
  if (chosenLanguage.value !== language.peek()) speak(chosenLanguage.value).catch((error) => console.error(error));
});
render(html`<${App} />`, document.getElementById("app"));
