// Two values, place by place.

/** Every leaf by its path: `response.body.data.status`. */
export function leaves(value, path = "", found = new Map()) {
  if (value !== null && typeof value === "object" && Object.keys(value).length) {
    for (const [name, inner] of Object.entries(value)) leaves(inner, joined(path, name, Array.isArray(value)), found);
  } else found.set(path, value);
  return found;
}

const joined = (path, name, inArray) => (inArray ? `${path}[${name}]` : path ? `${path}.${name}` : name);

/** [{path, then, now}] of what is not the same; undefined where one of them has nothing. */
export function differences(then, now) {
  const [left, right] = [leaves(then), leaves(now)];
  const paths = [...new Set([...left.keys(), ...right.keys()])];
  return paths
    .map((path) => ({ path, then: left.get(path), now: right.get(path) }))
    .filter((one) => JSON.stringify(one.then) !== JSON.stringify(one.now));
}
