// Parts of the page that are fetched when they are first wanted, and asked for again until they come.

import { checkPage, heard, pause, silent, waiting } from "./connection.js";
import { element } from "./dom.js";

/** What browsers say of a module that did not come; a fault within one is its own. */
const NOT_COME = /\bmodule\b/;
let dressed = null;

/** How everything but the first view looks; kept once it has come. */
const style = () => (dressed ??= new Promise((resolve, reject) => {
  const link = element("link", { rel: "stylesheet", href: new URL("../style/views.css", import.meta.url) });
  link.onload = resolve;
  link.onerror = () => {
    link.remove();
    dressed = null;
    reject(new Error("the style of a module did not come"));
  };
  document.head.append(link);
}));

/** The module. Rejects if the service no longer has it: the bar says so. */
export async function fetched(load) {
  for (let failures = 0; ; failures += 1) {
    try {
      const [module] = await Promise.all([load(), style()]);
      if (failures) heard();
      return module;
    } catch (error) {
      if (!NOT_COME.test(error.message) || await checkPage()) throw error;
      const milliseconds = pause(failures);
      const wait = waiting(milliseconds, { until: ["online"] });
      silent(milliseconds, wait.end);
      await wait.promise;
    }
  }
}
