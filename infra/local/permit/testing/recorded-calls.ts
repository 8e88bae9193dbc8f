/** Machinery that every API class of the SDK inherits: it sends nothing by itself. */
const inherited: ReadonlySet<string> = new Set([
  ...["constructor", "clone", "waitForSync", "setContextFromApiKey", "ensureAccessLevel", "ensureContext"],
  ...["handleApiError", "getMethods"],
]);

function methodsOf(value: object): readonly string[] {
  const names = new Set<string>();
  for (let each = value; each !== null && each !== Object.prototype; each = Object.getPrototypeOf(each) as object) {
    for (const name of Object.getOwnPropertyNames(each)) {
      if (!inherited.has(name) && typeof Reflect.get(value, name) === "function") names.add(name);
    }
  }
  return [...names];
}

/** Whether a property of the SDK is a group of methods, and not one of its own innards. */
function isGroup(name: string, value: unknown): value is object {
  if (name.startsWith("_") || typeof value !== "object" || value === null) return false;
  return "ensureContext" in value && typeof value.ensureContext === "function";
}

/** Every public method of an API client of the SDK, as `group.method`, or `method` for its own. */
export function publicMethods(api: object): readonly string[] {
  const groups = Object.entries(api).filter((entry): entry is [string, object] => isGroup(...entry));
  return [
    ...methodsOf(api),
    ...groups.flatMap(([group, value]) => methodsOf(value).map((method) => `${group}.${method}`)),
  ];
}

/** The same client, with the names of the methods that are called added to `called`. */
export function recordingCalls<T extends object>(api: T, called: Set<string>, prefix = ""): T {
  return new Proxy(api, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof name !== "string") return value;
      if (isGroup(name, value)) return recordingCalls(value, called, `${name}.`);
      if (typeof value !== "function") return value;
      called.add(`${prefix}${name}`);
      return (...args: readonly unknown[]): unknown => Reflect.apply(value, target, args);
    },
  });
}
