import { fileStart, type Rule } from "./rule.ts";

/** Keys are case-sensitive in Permit but not in people's eyes, nor on every file system that checks this out. */
export const serverKeyUnique: Rule = {
  id: "server-key-unique",
  *check({ servers }) {
    const seen = new Map<string, string>();
    for (const { key, file } of servers) {
      const first = seen.get(key.toLowerCase());
      if (first === undefined) seen.set(key.toLowerCase(), key);
      else {
        yield {
          at: fileStart(file),
          message: `The server keys ${JSON.stringify(first)} and ${JSON.stringify(key)} differ in case only.`,
          hint: "rename one of the two files",
        };
      }
    }
  },
};
