// Parts of the page that are fetched when they are first wanted, and asked for again until they come.

import { checkPage, heard, pause, silent, waiting } from "./connection.js";

/** What browsers say of a module that did not come; a fault within one is its own. */
const NOT_COME = /\bmodule\b/;

/** The module. Rejects if the service no longer has it: the bar says so. */
export async function fetched(load) {
  for (let failures = 0; ; failures += 1) {
    try {
      const module = await load();
      if (failures) heard();
      return module;
    } catch (error) {
      if (!NOT_COME.test(error.message) || await checkPage()) throw error;
      const milliseconds = pause(failures);
      const wait = waiting(milliseconds);
      silent(milliseconds, wait.end);
      addEventListener("online", wait.end, { once: true });
      await wait.promise;
    }
  }
}
