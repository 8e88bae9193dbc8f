/** Sets a key of a map that holds `sizeMax` at most: it becomes the newest, and the oldest goes when there is no room. */
export function setBounded<Key, Value>(map: Map<Key, Value>, sizeMax: number, key: Key, value: Value): void {
  map.delete(key);
  const oldest = map.keys().next();
  if (map.size >= sizeMax && oldest.done !== true) map.delete(oldest.value);
  map.set(key, value);
}
