// What differs between two texts: the longest common sequence of their words stays unmarked.

const WORDS = /\p{Script=Han}|[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;
const TABLE_LIMIT = 2_000_000;

/** [pieces of left, pieces of right]; a piece is {text, differs}. */
function difference(left, right) {
  const split = alike(left, right) ? (text) => [...text] : (text) => text.match(WORDS) ?? [];
  const [a, b] = [split(left), split(right)];
  const [head, tail] = commonEnds(a, b);
  const middle = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const kept = alike(left, right) ? [new Set(), new Set()] : common(...middle);
  return [a, b].map((parts, side) => merged([
    ...parts.slice(0, head).map((text) => ({ text, differs: false })),
    ...middle[side].map((text, i) => ({ text, differs: !kept[side].has(i) })),
    ...parts.slice(parts.length - tail).map((text) => ({ text, differs: false })),
  ]));
}

/** Two texts that share most of their characters: the few between are what differs. */
function alike(left, right) {
  const longer = Math.max(left.length, right.length);
  const [head, tail] = commonEnds(left, right);
  return (longer <= 200 || isLongWord(left, head)) && (head + tail - 2) * 2 > longer;
}

/** A token, a base64 text: to mark all of it would show nothing. */
const isLongWord = (text, end) => end > 100 && /^[\p{L}\p{N}_+/=-]+$/u.test(text.slice(end - 100, end));

function commonEnds(a, b) {
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  return [head, tail];
}

/** Positions of the longest common sequence in each; none of them when that would take long. */
function common(a, b) {
  const kept = [new Set(), new Set()];
  const width = b.length + 1;
  if (!a.length || !b.length || a.length * b.length > TABLE_LIMIT) return kept;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j]
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      kept[0].add(i);
      kept[1].add(j);
      i += 1;
      j += 1;
    } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
    else j += 1;
  }
  return kept;
}

function merged(pieces) {
  const joined = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last && last.differs === piece.differs) last.text += piece.text;
    else joined.push({ ...piece });
  }
  return joined;
}

export { difference };
