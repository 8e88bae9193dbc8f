import type { Day, HostModel } from "../model.ts";
import { dynamicServersKey } from "../permit-keys.ts";
import { hostFileSchema } from "../schema/host-file.ts";
import { accessChanges, type Side } from "./access.ts";
import { grantChanges, holdingOn } from "./grants.ts";
import type { HostDiff, PolicyDiff, ServerChange } from "./host-diff.ts";
import { peopleOf } from "./people.ts";
import { settingChanges } from "./settings.ts";
import { toolChanges } from "./tools.ts";

/** A host where nobody can do anything, with the name and place of `host`, and otherwise as it is by default. */
function emptyHost({ key, name, permit, source }: HostModel): HostModel {
  const { listTools: _, ...settings } = hostFileSchema.parse({
    name,
    permit,
    admins: [],
    signIn: { password: { enabled: false } },
  });
  return { key, source, ...settings, servers: [], humans: [], grants: [] };
}

/** What differs of a host between two policies; undefined: the policy does not have it. */
function diffPresent(before: HostModel, after: HostModel, on: Day): Omit<HostDiff, "host" | "present"> {
  const people = peopleOf(before, after);
  const [was, is] = [before, after].map((host) => new Map(host.servers.map((server) => [server.key, server])));
  const [held, holds] = [holdingOn(before, on), holdingOn(after, on)];
  const keys = [...new Set([...before.servers, ...after.servers].map(({ key }) => key))].toSorted();
  const sides = keys.map((key) => ({
    key,
    base: { server: was?.get(key), holding: held.get(key) ?? new Map() },
    head: { server: is?.get(key), holding: holds.get(key) ?? new Map() },
  }));
  return {
    access: sides.flatMap(({ key, base, head }) => accessChanges(key, base, head, people)),
    grants: sides.flatMap(({ key, base, head }) => grantChanges(key, base.holding, head.holding, people)),
    tools: sides.flatMap(({ key, base, head }) =>
      isSwitched(key, base, head)
        ? []
        : toolChanges(key, { host: before, server: base.server }, { host: after, server: head.server }),
    ),
    servers: sides.flatMap(({ key, base, head }): ServerChange[] => {
      if ((base.server === undefined) === (head.server === undefined) || isSwitched(key, base, head)) return [];
      const [before, after] = [base.server, head.server].map(
        (server) => server && { name: server.name, url: server.url ?? "" },
      );
      return [{ server: key, before: before ?? null, after: after ?? null }];
    }),
    settings: settingChanges(before, after),
  };
}

/** The server of all that humans enter has come or gone: the setting `dynamicServers.enabled` says so. */
function isSwitched(key: string, base: Side, head: Side): boolean {
  return key === dynamicServersKey && (base.server === undefined || head.server === undefined);
}

/**
 * The semantic difference of two policies on a day: what differs in what `decide` answers and in everything else that
 * the files say, and nothing where they only say the same in other words. A host that one of them does not have is
 * compared with one where nobody can do anything.
 */
export function diffHosts(base: readonly HostModel[], head: readonly HostModel[], on: Day): PolicyDiff {
  const [was, is] = [base, head].map((hosts) => new Map(hosts.map((host) => [host.key, host])));
  const keys = [...new Set([...base, ...head].map(({ key }) => key))].toSorted();
  return {
    on,
    hosts: keys.flatMap((host) => {
      const [before, after] = [was?.get(host), is?.get(host)];
      const either = before ?? after;
      if (either === undefined) return [];
      const present = { before: before !== undefined, after: after !== undefined };
      const empty = emptyHost(either);
      return [{ host, present, ...diffPresent(before ?? empty, after ?? empty, on) }];
    }),
  };
}
