import type { DiagnosticCode } from "../diagnostic-codes.ts";
import type { HostFiles } from "../host-files.ts";
import type { Day, SourcePosition } from "../model.ts";
import { dynamicServersKey } from "../permit-keys.ts";

/** What a rule found. */
export interface RuleFinding {
  readonly at: SourcePosition;
  readonly message: string;
  readonly hint: string;
}

/** A check that no schema can make: across fields, across files, or on file names. */
export interface Rule {
  /** The code of its findings, and the name of its file. */
  readonly id: DiagnosticCode;
  /** True when it says that something is not there: of files whose wrong parts were taken out that would be false. */
  readonly ofWholeFiles?: true;
  /** `today` is undefined when nothing is to be said of dates. */
  readonly check: (files: HostFiles, today: Day | undefined) => Iterable<RuleFinding>;
}

/** What can be granted: the servers that have a file, and those that humans enter where the host lets them. */
export function serverKeysOf({ servers, host }: Pick<HostFiles, "servers" | "host">): readonly string[] {
  const dynamic = host?.value.dynamicServers.enabled === true ? [dynamicServersKey] : [];
  return [...servers.map(({ key }) => key), ...dynamic];
}

/** Where a finding about a whole file or folder stands. */
export function fileStart(file: string): SourcePosition {
  return { file, line: 1, column: 1 };
}
