// The words of the functions that the page shares with the HTML report.

import { t } from "./texts.js";

export const notes = new Proxy({}, { get: (_, name) => t(`note.${String(name)}`) });
