// Rows that are ticked.

export function toggle(picked, id) {
  const next = new Set(picked.value);
  if (!next.delete(id)) next.add(id);
  picked.value = next;
}
