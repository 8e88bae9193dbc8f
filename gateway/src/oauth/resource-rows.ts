import type { HostSettings } from "../deps/host-settings.ts";
import type { AuthRecords } from "./auth-records.ts";
import { resourceIdentifier } from "./resource-identifier.ts";

/** Keeps one resource row for `/mcp` and one per server of the host: the library issues tokens for no other `resource` (RFC 8707). */
export interface ResourceRows {
  /** Adds rows of new servers and deletes rows of servers that are gone. For a change of the policy. */
  follow(settings: HostSettings): Promise<void>;
  /**
   * Adds rows that are missing. Before each request that names a resource, so that neither a failed `follow` nor a
   * replica that started with an older copy of the policy locks anybody out for longer than one request.
   */
  ensure(settings: HostSettings): Promise<void>;
}

/** `exclusively` keeps replicas from adding the same row at once. */
export function createResourceRows({
  publicUrl,
  records,
  exclusively,
}: {
  readonly publicUrl: string;
  readonly records: AuthRecords;
  readonly exclusively: (run: () => Promise<void>) => Promise<void>;
}): ResourceRows {
  /** Identifier -> name. */
  const wantedOf = ({ name, servers }: HostSettings) =>
    new Map([
      [resourceIdentifier(publicUrl, undefined), name],
      ...[...servers.values()].map((server): [string, string] => [
        resourceIdentifier(publicUrl, server.key),
        server.name,
      ]),
    ]);
  const missing = async (settings: HostSettings) => {
    const existing = new Set(await records.listResources());
    return [...wantedOf(settings)].filter(([identifier]) => !existing.has(identifier));
  };
  const add = (settings: HostSettings) =>
    exclusively(async () => {
      for (const [identifier, name] of await missing(settings)) await records.createResource(identifier, name);
    });
  return {
    follow: async (settings) => {
      await add(settings);
      const wanted = wantedOf(settings);
      const surplus = (await records.listResources()).filter((identifier) => !wanted.has(identifier));
      if (surplus.length > 0) await records.deleteResources(surplus);
    },
    ensure: async (settings) => {
      if ((await missing(settings)).length > 0) await add(settings);
    },
  };
}
