/** What the lines of a host's files say, before it is resolved to humans, with their places. */
import { canonicalEmail } from "./email.ts";
import type { CheckedFiles } from "./host-model.ts";
import type { Day, SourcePosition } from "./model.ts";
import type { TrustLevel } from "./trust.ts";

/** One entry of `grants`. */
export interface GrantLine {
  readonly server: string;
  readonly ceiling: TrustLevel;
  /** Last day on which it holds; undefined: no end. */
  readonly until: Day | undefined;
  readonly consentDays: number | undefined;
  /** E-mail address, lower case. Either this or `group`. */
  readonly human: string | undefined;
  readonly group: string | undefined;
  /** The line's `ceiling`, as in the grants of the model. */
  readonly source: SourcePosition;
}

/** A place that names a human. */
export interface MemberLine {
  /** E-mail address, lower case. */
  readonly email: string;
  readonly source: SourcePosition;
}

/** An entry of `admins`, `approvers` or `auditors`. */
export interface RoleLine {
  readonly role: "admin" | "approver" | "auditor";
  /** An address in lower case, or the name of a group. */
  readonly member: string;
  readonly source: SourcePosition;
}

/** The lines of a host that an answer can come from and that the model has not. */
export interface PolicyLines {
  readonly grants: readonly GrantLine[];
  /** Where grants are written. */
  readonly grantsFile: string;
  readonly groups: ReadonlyMap<string, readonly MemberLine[]>;
  readonly roles: readonly RoleLine[];
  /** Of `approval.bypass`, entry by entry. */
  readonly bypass: readonly SourcePosition[];
  /** Of `sessions.absoluteDays`, or of what stands nearest above it. */
  readonly absoluteDays: SourcePosition;
  /** Of `consentDays`, by key of the server that says it. */
  readonly serverConsentDays: ReadonlyMap<string, SourcePosition>;
}

/** Reads the lines of files that have no finding. */
export function policyLines({ host, grants, servers }: CheckedFiles): PolicyLines {
  const { value, source } = grants;
  const roles = (["admin", "approver", "auditor"] as const).flatMap((role) =>
    host.value[`${role}s`].map((member, index) => {
      return { role, member: canonicalEmailOrGroup(member), source: host.source.positionOf([`${role}s`, index]) };
    }),
  );
  return {
    grants: value.grants.map(({ server, ceiling, until, consentDays, human, group }, index) => ({
      server,
      ceiling,
      until,
      consentDays,
      human: human === undefined ? undefined : canonicalEmail(human),
      group,
      source: source.positionOf(["grants", index, "ceiling"]),
    })),
    grantsFile: source.file,
    groups: new Map(
      Object.entries(value.groups).map(([group, members]) => [
        group,
        members.map((email, index) => {
          return { email: canonicalEmail(email), source: source.positionOf(["groups", group, index]) };
        }),
      ]),
    ),
    roles,
    bypass: host.value.approval.bypass.map((_, index) => host.source.positionOf(["approval", "bypass", index])),
    absoluteDays: host.source.positionOf(["sessions", "absoluteDays"]),
    serverConsentDays: new Map(
      servers.flatMap(({ key, content }) =>
        content.value.consentDays === undefined ? [] : [[key, content.positionOf(["consentDays"])] as const],
      ),
    ),
  };
}

const canonicalEmailOrGroup = (member: string) => (member.includes("@") ? canonicalEmail(member) : member);

/** The lines that grant a human something on a server, ended ones too, in the order of the file. */
export function linesReaching(lines: PolicyLines, server: string, human: string): readonly GrantLine[] {
  const groups = new Set(
    [...lines.groups].filter(([, members]) => members.some(({ email }) => email === human)).map(([name]) => name),
  );
  return lines.grants.filter(
    (line) => line.server === server && (line.group === undefined ? line.human === human : groups.has(line.group)),
  );
}
