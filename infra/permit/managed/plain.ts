/** JSON as Pulumi's state can hold it: an absent value and null are the same there, so null becomes a text. */
export function plain(value: unknown): unknown {
  if (value === null) return "null";
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, plain(item)]),
  );
}
