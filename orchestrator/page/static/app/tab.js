// The tab's icon: how an execution stands, seen among other tabs.

import { useEffect } from "./base.js";
import { PATHS } from "./icons.js";

/** White is read on each of them, whatever the browser's own frame looks like. */
const COLOURS = { good: "#14734a", bad: "#b3261e", warn: "#8a5300", live: "#3a5bc7", "": "#566074" };

/** `look`: icon and class of a status. Whoever leaves finds the page's own icon again. */
export function useTabIcon([icon, look]) {
  useEffect(() => {
    const link = document.querySelector("link[rel=icon]");
    const own = link.href;
    link.href = `data:image/svg+xml,${encodeURIComponent(drawn(icon, look))}`;
    return () => (link.href = own);
  }, [icon, look]);
}

const drawn = (icon, look) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="${COLOURS[look]}"/>
  <path d="${PATHS[icon]}" fill="none" stroke="#fff" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
