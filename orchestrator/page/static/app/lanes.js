// Who ran what when: bars in lanes, the idle gaps between them, and who was alone at the end.

/** Milliseconds without work that are worth a word. */
const IDLE = 1000;

/**
 * {lanes: [{name, leg, worker, bars, idle, alone}], from, to, packed}. A bar: {row, start, end, torn}; `torn`:
 * its end is not known, as the worker died. Without workers lanes are packed, and say so.
 */
export function lanes(rows, now) {
  const bars = rows.filter((row) => row.started_at).map((row) => bar(row, now)).sort((a, b) => a.start - b.start);
  if (!bars.length) return { lanes: [], from: 0, to: 0, packed: false };
  const told = bars.some((one) => one.row.worker || one.row.shard_index);
  const groups = told ? byWorker(bars) : packed(bars);
  const from = Math.min(...bars.map((one) => one.start));
  const to = Math.max(...bars.map((one) => one.end));
  return { lanes: measured(groups, to), from, to, packed: !told };
}

function bar(row, now) {
  const start = Date.parse(row.started_at);
  const known = row.duration_seconds !== null;
  const end = known ? start + row.duration_seconds * 1000 : row.status === 1 ? Math.max(now, start) : start;
  return { row, start, end, torn: !known && row.status !== 1 };
}

function byWorker(bars) {
  const found = new Map();
  for (const one of bars) {
    const { worker = null, shard_index: leg = null } = one.row;
    const name = leg ? `${leg} ${worker ?? ""}` : worker ?? "?";
    if (!found.has(name)) found.set(name, { name, leg, worker, bars: [] });
    found.get(name).bars.push(one);
  }
  return [...found.values()].sort((a, b) => (a.name === "?") - (b.name === "?") || a.name.localeCompare(b.name, "en", { numeric: true }));
}

/** Each bar into the first lane that is free. */
function packed(bars) {
  const found = [];
  for (const one of bars) {
    let lane = found.find((other) => other.bars.at(-1).end <= one.start);
    if (!lane) found.push((lane = { name: String(found.length + 1), bars: [] }));
    lane.bars.push(one);
  }
  return found;
}

/** With the longest gap of each, and how long the last of them worked alone. */
function measured(groups, to) {
  const ends = groups.map((lane) => Math.max(...lane.bars.map((one) => one.end)));
  const order = [...ends].sort((a, b) => b - a);
  return groups.map((lane, i) => {
    const alone = groups.length > 1 && ends[i] === order[0] ? order[0] - order[1] : 0;
    return { ...lane, idle: longestGap(lane.bars, to), alone: alone >= IDLE ? alone : 0 };
  });
}

function longestGap(bars, to) {
  let end = bars[0].start;
  let longest = 0;
  for (const one of bars) {
    longest = Math.max(longest, one.start - end);
    end = Math.max(end, one.end);
  }
  longest = Math.max(longest, to - end);
  return longest >= IDLE ? longest : 0;
}
