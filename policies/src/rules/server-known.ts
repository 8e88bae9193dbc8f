import { didYouMean, listed } from "../did-you-mean.ts";
import { dynamicServersKey } from "../permit-keys.ts";
import { type Rule, serverKeysOf } from "./rule.ts";

/** A grant on a server that is not there grants nothing, while its author thinks that it does. */
export const serverKnown: Rule = {
  id: "server-known",
  *check(files) {
    const { grants } = files;
    if (grants === undefined) return;
    const keys = serverKeysOf(files);
    for (const [index, { server }] of grants.value.grants.entries()) {
      if (keys.includes(server)) continue;
      if (server === dynamicServersKey) {
        yield {
          at: grants.source.positionOf(["grants", index, "server"]),
          message: "The host lets nobody connect servers of their own.",
          hint: "say `dynamicServers: { enabled: true }` in host.yaml, or remove the grant",
        };
        continue;
      }
      yield {
        at: grants.source.positionOf(["grants", index, "server"]),
        message: `The host has no server ${JSON.stringify(server)}.`,
        hint: didYouMean(server, keys, `the servers are ${listed(keys)}`),
      };
    }
  },
};
