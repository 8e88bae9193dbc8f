import { basename, resolve } from "node:path";
import type { z } from "zod";
import type { Diagnostic } from "./diagnostic.ts";
import { listHostFolder, type ServerPath } from "./host-folder.ts";
import { readPolicyFile } from "./policy-file.ts";
import type { GrantsFile, HostFile, ServerFile } from "./schema.ts";
import { grantsFileSchema, hostFileSchema, serverFileSchema } from "./schema.ts";
import { type ShapedFile, shape } from "./shape.ts";
import { parseYaml } from "./yaml-source.ts";

/** A server's file. `content` is undefined when it has findings that leave nothing to go on. */
export interface ServerEntry extends ServerPath {
  readonly content: ShapedFile<ServerFile> | undefined;
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
}

/** Reads all files of a host and checks each against its schema. */
export function readHostFiles(dir: string): { readonly files: HostFiles; readonly findings: readonly Diagnostic[] } {
  const folder = listHostFolder(dir);
  const findings: Diagnostic[] = [...folder.findings];
  let groupNames: readonly string[] = [];

  const read = <T>(file: string | undefined, schema: z.ZodType<T>): ShapedFile<T> | undefined => {
    if (file === undefined) return undefined;
    const content = readPolicyFile(file);
    if ("finding" in content) {
      findings.push(content.finding);
      return undefined;
    }
    const parsed = parseYaml(file, content.text);
    findings.push(...parsed.findings);
    if (parsed.source === undefined) return undefined;
    if (file === folder.grantsFile) groupNames = parsed.source.keysAt(["groups"]);
    const checked = shape(schema, parsed.source);
    findings.push(...checked.findings);
    return checked.shaped;
  };

  const files = {
    dir,
    key: basename(resolve(dir)),
    host: read(folder.hostFile, hostFileSchema),
    grants: read(folder.grantsFile, grantsFileSchema),
    servers: folder.servers.map((server) => ({ ...server, content: read(server.file, serverFileSchema) })),
  };
  return { files: { ...files, groupNames }, findings };
}
