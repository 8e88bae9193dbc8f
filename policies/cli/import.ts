import { visible } from "../src/diagnostic.ts";
import type { Command } from "./command.ts";
import { readOptions } from "./import/options.ts";

const help = `Usage: npm run policy -- import [url] --host <key> --server <key> [options]
       npm run policy -- import --stdio --host <key> --server <key> -- <program> [arguments]
       npm run policy -- import --check [--host <key> [--server <key>]] [options]

Reads the tools of an MCP server. Writes servers/<server>.yaml, in which new tools get a proposed trust and everything
else stays as it is, and servers/<server>.lock.json with what each tool says of itself. Review both before you merge
them. Without a url the server is read at the address of its file.

With --check nothing is written: says how servers differ from their locks, which is how a server shows that it is not
any more what was reviewed.

Options:
  --policies <dir>         folder of the hosts               (policies/hosts of this project)
  --host <key>             the host
  --server <key>           the server: the name of its file  (with --check: all that have a lock)
  --check                  compare with the lock
  --prune                  remove tools that the server doesn't have any more
  --transport <kind>       http (streamable HTTP), sse (HTTP+SSE, protocol 2024-11-05) or auto   (auto)
  --stdio                  the server is a program
  --env <NAME>             give the program this variable of the environment; may be repeated
  --url <url>              where the gateway will reach a new server, when it is not where it is read
  --bearer-env <NAME>      send the variable's value as a bearer token
  --header <line>          'X-Api-Key: $NAME', with the value from a variable; may be repeated
  --client-id <id>         OAuth client that the server knows            (it registers itself)
  --callback-port <port>   port of http://127.0.0.1:<port>/callback      (one that is free)
  --no-browser             print the address of the sign-in and open nothing
  --timeout <seconds>      how long the server may take      (30)
  --json                   print one JSON object instead of lines
  --help                   print this

A server that asks for a sign-in (OAuth 2.1) is signed in to with your browser when --server names it. Tokens are kept
in memory only.

Exit codes: 0 written, or all as it was reviewed; 1 nothing written, something is another than it was reviewed, or a
server could not be checked; 2 used wrongly.`;

/** `import`: a server's tools into the policy, and the check whether they are still what was reviewed. */
export const importServer: Command = {
  name: "import",
  summary: "read a server's tools into the policy; --check finds what has changed since",
  help,
  run: async (args, output) => {
    const options = readOptions(args);
    // The client warns there of what servers answer, in their words.
    console.warn = (...words: unknown[]) => output.note(visible(words.map(String).join(" ").slice(0, 500)));
    // The client of the SDK takes a while to load, which the other commands are spared.
    if (options.check) return (await import("./import/run-check.ts")).runCheck(options, output);
    return (await import("./import/run-import.ts")).runImport(options, output);
  },
};
