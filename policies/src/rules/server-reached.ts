import { dynamicServersKey } from "../permit-keys.ts";
import { fileStart, type Rule } from "./rule.ts";

/** A server that nobody can use is dead weight, or its grant is missing. */
export const serverReached: Rule = {
  id: "server-reached",
  ofWholeFiles: true,
  *check({ grants, servers, host }, today) {
    if (grants === undefined) return;
    const holding = grants.value.grants.filter(
      ({ until }) => until === undefined || today === undefined || until >= today,
    );
    const reached = new Set(holding.map(({ server }) => server));
    if (host?.value.dynamicServers.enabled === true && !reached.has(dynamicServersKey)) {
      yield {
        at: host.source.positionOf(["dynamicServers", "enabled"]),
        message: `No grant that holds names ${JSON.stringify(dynamicServersKey)}, so nobody can connect a server of their own.`,
        hint: "add a grant to grants.yaml, or leave dynamicServers out",
      };
    }
    for (const { key, file } of servers) {
      if (reached.has(key)) continue;
      yield {
        at: fileStart(file),
        message: `No grant that holds names the server ${JSON.stringify(key)}, so nobody can use it.`,
        hint: "add a grant to grants.yaml, or remove the server",
      };
    }
  },
};
