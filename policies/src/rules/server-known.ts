import { didYouMean, listed } from "../did-you-mean.ts";
import type { Rule } from "./rule.ts";

/** A grant on a server that is not there grants nothing, while its author thinks that it does. */
export const serverKnown: Rule = {
  id: "server-known",
  *check({ grants, servers }) {
    if (grants === undefined) return;
    const keys = servers.map(({ key }) => key);
    for (const [index, { server }] of grants.value.grants.entries()) {
      if (keys.includes(server)) continue;
      yield {
        at: grants.source.positionOf(["grants", index, "server"]),
        message: `The host has no server ${JSON.stringify(server)}.`,
        hint: didYouMean(server, keys, `the servers are ${listed(keys)}`),
      };
    }
  },
};
