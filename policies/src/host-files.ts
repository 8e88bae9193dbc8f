import { basename, resolve } from "node:path";
import type { z } from "zod";
import type { Diagnostic } from "./diagnostic.ts";
import { didYouMean, listed } from "./did-you-mean.ts";
import { listHostFolder, listSharedServers, type ServerPath, type SharedServers } from "./host-folder.ts";
import type { LockFile } from "./lock.ts";
import { readPolicyFile } from "./policy-file.ts";
import { readLock } from "./read-lock.ts";
import { type GrantsFile, grantsFileSchema } from "./schema/grants-file.ts";
import { type HostFile, hostFileSchema } from "./schema/host-file.ts";
import { serverFileSchema, sharedServerFileSchema } from "./schema/server-file.ts";
import { type TestFile, testFileSchema } from "./schema/test-file.ts";
import { layeredContent, ownContent, type ServerContent } from "./server-content.ts";
import { type ShapedFile, shape } from "./shape.ts";
import { parseYaml, type YamlSource } from "./yaml-source.ts";

/** A server's files. `content` is undefined when they have findings that leave nothing to go on. */
export interface ServerEntry extends Omit<ServerPath, "lockFile"> {
  readonly content: ServerContent | undefined;
  /** What its tools said when they were imported, and where that stands; undefined when it was never imported. */
  readonly lock: { readonly file: string; readonly tools: LockFile["tools"] } | undefined;
}

/** Everything read of a host, before the rules that look across fields and files. */
export interface HostFiles {
  readonly dir: string;
  /** Name of the folder. */
  readonly key: string;
  readonly host: ShapedFile<HostFile> | undefined;
  readonly grants: ShapedFile<GrantsFile> | undefined;
  /** Also of groups whose members are wrong: a grant to such a group is not wrong itself. */
  readonly groupNames: readonly string[];
  /** Sorted by key. Also the servers whose files have findings. */
  readonly servers: readonly ServerEntry[];
  /** Files of tests, but for those with findings that leave nothing to go on. */
  readonly tests: readonly ShapedFile<TestFile>[];
  /** Every YAML file that could be parsed. */
  readonly sources: readonly YamlSource[];
}

/** Reads all files of a host and checks each against its schema. */
export function readHostFiles(dir: string): { readonly files: HostFiles; readonly findings: readonly Diagnostic[] } {
  const folder = listHostFolder(dir);
  const findings: Diagnostic[] = [...folder.findings];
  const sources: YamlSource[] = [];
  let sharedServers: SharedServers | undefined;

  const parse = (file: string): YamlSource | undefined => {
    const content = readPolicyFile(file);
    if ("finding" in content) {
      findings.push(content.finding);
      return undefined;
    }
    const parsed = parseYaml(file, content.text);
    findings.push(...parsed.findings);
    if (parsed.source !== undefined) sources.push(parsed.source);
    return parsed.source;
  };
  const check = <T>(source: YamlSource | undefined, schema: z.ZodType<T>): ShapedFile<T> | undefined => {
    if (source === undefined) return undefined;
    const checked = shape(schema, source);
    findings.push(...checked.findings);
    return checked.shaped;
  };
  const lockOf = (file: string | undefined): ServerEntry["lock"] => {
    if (file === undefined) return undefined;
    const read = readLock(file);
    if ("lock" in read) return { file, tools: read.lock.tools };
    findings.push(read.finding);
    return undefined;
  };
  const sharedServer = (name: string, source: YamlSource) => {
    sharedServers ??= listSharedServers(dir);
    const found = sharedServers.servers.find(({ key }) => key === name);
    if (found !== undefined) return found;
    findings.push(...sharedServers.findings);
    const names = sharedServers.servers.map(({ key }) => key);
    findings.push({
      code: "shared-server-known",
      ...source.positionOf(["shared"]),
      message: `There is no shared server ${JSON.stringify(name)} in ${sharedServers.folder}.`,
      hint: didYouMean(name, names, `the shared servers are ${listed(names)}`),
    });
    return undefined;
  };
  const readServer = ({ key, file, lockFile }: ServerPath): ServerEntry => {
    const source = parse(file);
    const none = { key, file, content: undefined, lock: lockOf(lockFile) };
    if (source === undefined) return none;
    if (!source.keysAt([]).includes("shared")) {
      const own = check(source, serverFileSchema);
      return { ...none, content: own && ownContent(own) };
    }
    const own = check(source, sharedServerFileSchema);
    const base = own && sharedServer(own.value.shared, source);
    const shared = base && check(parse(base.file), serverFileSchema);
    if (own === undefined || shared === undefined || base === undefined) return none;
    return { ...none, content: layeredContent(shared, own), lock: none.lock ?? lockOf(base.lockFile) };
  };

  const grantsSource = folder.grantsFile === undefined ? undefined : parse(folder.grantsFile);
  const groupNames = grantsSource?.keysAt(["groups"]) ?? [];
  const host = folder.hostFile === undefined ? undefined : check(parse(folder.hostFile), hostFileSchema);
  const grants = check(grantsSource, grantsFileSchema);
  const servers = folder.servers.map(readServer);
  const tests = folder.testFiles.flatMap((file) => check(parse(file), testFileSchema) ?? []);
  return { files: { dir, key: basename(resolve(dir)), host, grants, groupNames, servers, tests, sources }, findings };
}
