/** The host as each human has it: the servers of the policy, and those that they have entered themselves. */
import type { DynamicServer, DynamicServerStore } from "./deps/dynamic-servers.ts";
import type { HostDirectory, HumanDirectory, ServerRules, ServerSettings, ToolSettings } from "./deps/host-settings.ts";
import { serverNameOf } from "./server-url.ts";

/** Rules of the policy, address and tools of the human. A tool is decided on as a call of its trust. */
function toSettings({ server: key, userId, url, auth, tools }: DynamicServer, rules: ServerRules): ServerSettings {
  return {
    ...rules,
    key,
    name: serverNameOf(url),
    description: "",
    upstreamUrl: url,
    enteredBy: userId,
    // Never anything of the policy's: no secret, no client of another server.
    auth: { type: auth },
    tools: new Map(
      tools.flatMap(({ name, trust, digest }): [string, ToolSettings][] => {
        const level = rules.tools.get(trust);
        // Nothing that the policy does not have can be asked of Permit.
        return level === undefined ? [] : [[name, { ...level, name, trust, digest }]];
      }),
    ),
  };
}

/**
 * Adds each human's own servers to what the directory says. They are in nobody else's settings and in no setting of the
 * host as a whole, so whoever does not know the human knows of none.
 */
export function createHumanDirectory(
  directory: HostDirectory,
  store: Pick<DynamicServerStore, "list">,
): HumanDirectory {
  return {
    settings: () => directory.settings(),
    onChange: (listener) => directory.onChange(listener),
    settingsOf: async (userId) => {
      const host = directory.settings();
      const { dynamicServers } = host;
      if (dynamicServers === undefined) return host;
      const own = await store.list(userId);
      if (own.length === 0) return host;
      const added = own.map((server): [string, ServerSettings] => [
        server.server,
        toSettings(server, dynamicServers.rules),
      ]);
      return { ...host, servers: new Map([...added, ...host.servers]) };
    },
  };
}
