import type { ServerFile } from "../schema/server-file.ts";
import type { Rule } from "./rule.ts";

/** Fields that mean something beside one of the two kinds of address only. */
const belongs = { url: ["transport"], command: ["args", "env"] } as const;

function problemOf({
  url,
  command,
  auth,
  ...rest
}: ServerFile): readonly [field: keyof ServerFile, string, string] | undefined {
  if (url === undefined && command === undefined) {
    return ["name", "The server has no address.", "give it a `url`, or the `command` of a program"];
  }
  if (url !== undefined && command !== undefined) {
    return ["command", "The server has two addresses.", "keep `url` or `command`"];
  }
  const other = url === undefined ? "url" : "command";
  const stray = belongs[other].find((field) => field in rest && rest[field as keyof typeof rest] !== undefined);
  if (stray !== undefined) return [stray, `"${stray}" is for a server with a \`${other}\`.`, "remove it"];
  if (command !== undefined && auth.type !== "none") {
    return ["auth", "Nobody can sign in at a program.", "give it what it needs in `env`"];
  }
  return undefined;
}

/** A server is at a URL or is a program, and what else is said fits that. */
export const serverAddress: Rule = {
  id: "server-address",
  *check({ servers }) {
    for (const { content } of servers) {
      const problem = content === undefined ? undefined : problemOf(content.value);
      if (content === undefined || problem === undefined) continue;
      const [field, message, hint] = problem;
      yield { at: content.positionOfKey([field]), message, hint };
    }
  },
};
