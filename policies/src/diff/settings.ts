import { canonicalJson } from "../canonical-json.ts";
import type { HostModel, ServerModel } from "../model.ts";
import { effectOf } from "./effect.ts";
import type { SettingChange } from "./host-diff.ts";

/** Settings whose order says nothing. */
const sets =
  /^(signIn\.(.+\.)?(domains|forceRedirectDomains)|approval\.(bypass|notify\.email)|clients\.(listed|webOrigins)|audit\.redact|dynamicServers\.privateHosts|auth\.scopes)$/;

/** Path -> value, of everything that is not an object. What is left out and what is written as its default are one. */
function flatten(value: unknown, path = ""): readonly (readonly [string, unknown])[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) {
    const sorted = sets.test(path) ? value.toSorted((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1)) : value;
    return [[path, sorted]];
  }
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([name, member]) => flatten(member, path === "" ? name : `${path}.${name}`));
}

const isOff = (setting: string, value: unknown) =>
  (/^signIn\..*\.enabled$/.test(setting) && value === false) ||
  (/^signIn\..*\.forceRedirectDomains$/.test(setting) && Array.isArray(value) && value.length === 0);

function hostSettings(host: HostModel) {
  const { key: _, source: _p, servers: _s, humans: _h, grants: _g, ...settings } = host;
  return new Map(flatten(settings).filter(([setting, value]) => !isOff(setting, value)));
}

function serverSettings(server: ServerModel) {
  const { key: _, tools: _t, source: _s, ...settings } = server;
  return new Map(flatten(settings));
}

function changes(
  server: string | null,
  was: ReadonlyMap<string, unknown>,
  is: ReadonlyMap<string, unknown>,
  hosts: { readonly before: HostModel; readonly after: HostModel },
): readonly SettingChange[] {
  return [...new Set([...was.keys(), ...is.keys()])].toSorted().flatMap((setting) => {
    const change = { before: was.get(setting) ?? null, after: is.get(setting) ?? null };
    if (canonicalJson(change.before) === canonicalJson(change.after)) return [];
    return [
      { server, setting, ...change, effect: effectOf(server === null ? setting : `server.${setting}`, change, hosts) },
    ];
  });
}

/**
 * The settings of the host, and of the servers that it had and has, that differ. All fields of the model but those that
 * have a list of their own: a field that the model gets later is compared without a word here.
 */
export function settingChanges(before: HostModel, after: HostModel): readonly SettingChange[] {
  const hosts = { before, after };
  const were = new Map(before.servers.map((server) => [server.key, server]));
  return [
    ...changes(null, hostSettings(before), hostSettings(after), hosts),
    ...after.servers.flatMap((server) => {
      const was = were.get(server.key);
      return was === undefined ? [] : changes(server.key, serverSettings(was), serverSettings(server), hosts);
    }),
  ];
}
