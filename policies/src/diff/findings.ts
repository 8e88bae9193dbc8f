import { accessFindings } from "./access-findings.ts";
import { disclosureFindings } from "./disclosure.ts";
import { counted, type Finding, type FindingKind, people } from "./finding.ts";
import {
  type GrantChange,
  type GrantTerms,
  type HostDiff,
  isSame,
  type PolicyDiff,
  type SettingChange,
  type ToolChange,
} from "./host-diff.ts";
import { isLooserLimit, isRecordedLess } from "./tools.ts";

const consentDays = (terms: readonly GrantTerms[], ceiling: string) =>
  terms.find((one) => one.ceiling === ceiling)?.consentDays ?? Number.POSITIVE_INFINITY;
const consentsLiveLonger = ({ before, after }: GrantChange) =>
  before.some(
    ({ ceiling, consentDays: days }) =>
      days !== null && after.some((one) => one.ceiling === ceiling) && consentDays(after, ceiling) > days,
  );

const weaker = ({ effect }: SettingChange) => effect === "loosens" || effect === "differs";
const approvalSettings = /^approval\.(selfApproval|bypass|from)$/;
const roles = { admins: "admin", approvers: "approver", auditors: "auditor" } as const;
const serverSettings = /^(url$|transport\.|auth\.)/;

function approvalFindings(tools: readonly ToolChange[], settings: readonly SettingChange[]): readonly Finding[] {
  const kinds: readonly FindingKind[] = ["approval-drop"];
  const dropped = tools.filter(
    ({ before, after }) =>
      before?.enabled && after?.enabled && before.approval.length > 0 && after.approval.length === 0,
  ).length;
  const found: Finding[] = [];
  if (dropped > 0) found.push({ kinds, text: `calls of ${counted(dropped, "tool")} no longer wait for an approval` });
  if (settings.some(({ setting }) => setting === "approval.selfApproval")) {
    found.push({ kinds, text: "approvers can approve their own agents" });
  }
  if (settings.some(({ setting }) => setting === "approval.bypass"))
    found.push({ kinds, text: "more agents bypass approvals" });
  if (settings.some(({ setting }) => setting === "approval.from"))
    found.push({ kinds, text: "fewer new tools will wait for an approval" });
  return found;
}

function roleFindings(settings: readonly SettingChange[]): readonly Finding[] {
  return Object.entries(roles).flatMap(([setting, role]) => {
    const added = settings
      .filter((change) => change.setting === setting)
      .flatMap(({ before, after }) => {
        const were = new Set(Array.isArray(before) ? before : []);
        return (Array.isArray(after) ? after : []).filter((human) => !were.has(human));
      });
    const number = new Set(added).size;
    return number === 0 ? [] : [{ kinds: ["role-gain"], text: `+${counted(number, role)}` } as const];
  });
}

function toolFindings(tools: readonly ToolChange[]): readonly Finding[] {
  const number = (matches: (change: ToolChange) => boolean) => tools.filter(matches).length;
  const both = ({ before, after }: ToolChange) => before !== null && after !== null;
  const parts = [
    [number(({ before }) => before === null), "new"],
    [number(({ after }) => after === null), "gone"],
    [number((change) => both(change) && change.definition !== null), "with another definition"],
    [number((change) => both(change) && change.before?.trust !== change.after?.trust), "with another trust"],
    [number((change) => both(change) && change.before?.enabled !== change.after?.enabled), "switched on or off"],
  ] as const;
  const said = parts.filter(([found]) => found > 0).map(([found, what]) => `${found} ${what}`);
  return said.length === 0 ? [] : [{ kinds: ["tool-change"], text: `tools: ${said.join(", ")}` }];
}

function serverFindings(hosts: readonly HostDiff[]): readonly Finding[] {
  const servers = hosts.flatMap((host) => host.servers);
  const moved = hosts.flatMap(({ host, settings: all }) =>
    all
      .filter(({ server, setting }) => server !== null && serverSettings.test(setting))
      .map(({ server }) => `${host} ${server}`),
  );
  const counts = (all: readonly (readonly [number, string])[]) =>
    all.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const parts = [
    [
      "hosts",
      counts([
        [hosts.filter(({ present }) => !present.before).length, "new"],
        [hosts.filter(({ present }) => !present.after).length, "gone"],
      ]),
    ],
    [
      "servers",
      counts([
        [servers.filter(({ before }) => before === null).length, "new"],
        [servers.filter(({ after }) => after === null).length, "gone"],
        [new Set(moved).size, "with another address or sign-in"],
      ]),
    ],
  ] as const;
  return parts.flatMap(([what, said]) =>
    said.length === 0 ? [] : [{ kinds: ["server-change"], text: `${what}: ${said.join(", ")}` } as const],
  );
}

/** What a difference amounts to, the heaviest first. Empty: it has nothing that anybody gains or loses. */
export function findingsOf({ hosts }: PolicyDiff): readonly Finding[] {
  const access = accessFindings(hosts);
  const settings = hosts.flatMap((host) => host.settings);
  const tools = hosts.flatMap((host) => host.tools);
  const weak = settings.filter(weaker);
  const ofSignIn = weak.filter(({ setting }) => setting.startsWith("signIn."));
  const rest = weak.filter(
    ({ server, setting }) =>
      !setting.startsWith("signIn.") &&
      !approvalSettings.test(setting) &&
      setting !== "audit.redact" &&
      !Object.hasOwn(roles, setting) &&
      !(server !== null && serverSettings.test(setting)),
  );
  const faster = tools.filter(
    ({ before, after }) => before !== null && after !== null && isLooserLimit(before.rateLimit, after.rateLimit),
  ).length;
  const quieter = tools.filter(isRecordedLess).length;
  const longer = new Set(
    hosts.flatMap(({ grants }) => grants.filter(consentsLiveLonger).flatMap((change) => change.people.humans)),
  );
  return [
    ...access.high,
    ...approvalFindings(tools, weak),
    ...(ofSignIn.length > 0 ? [{ kinds: ["sign-in-weakened"], text: "sign-in is weaker" } as const] : []),
    ...roleFindings(settings),
    ...access.other,
    ...serverFindings(hosts),
    ...toolFindings(tools),
    ...disclosureFindings(tools, settings),
    ...(longer.size > 0
      ? [{ kinds: ["weakened"], text: `consents of ${people(longer.size)} live longer` } as const]
      : []),
    ...(faster > 0
      ? [{ kinds: ["weakened"], text: `${counted(faster, "tool")} can be called more often` } as const]
      : []),
    ...(quieter > 0
      ? [{ kinds: ["weakened"], text: `less is recorded of calls of ${counted(quieter, "tool")}` } as const]
      : []),
    ...(rest.length > 0
      ? [{ kinds: ["weakened"], text: `${counted(rest.length, "setting is", "settings are")} weaker` } as const]
      : []),
    ...access.loss,
  ];
}

/**
 * The difference in one line. It is honest about what has no weight too: only where nothing at all differs does it say
 * nothing else than that nobody gains or loses.
 */
export function verdictOf(diff: PolicyDiff): string {
  const findings = findingsOf(diff);
  if (findings.length > 0) return `${findings.map(({ text }) => text).join("; ")}.`;
  const same = diff.hosts.every(isSame);
  return same ? "No one gains or loses anything." : "No one gains or loses anything; what differs is listed below.";
}

/** The findings that are of one of these kinds. */
export function failing(diff: PolicyDiff, kinds: readonly FindingKind[]): readonly Finding[] {
  const all = findingsOf(diff);
  if (!kinds.includes("any")) return all.filter((finding) => finding.kinds.some((kind) => kinds.includes(kind)));
  return all.length > 0 || diff.hosts.every(isSame) ? all : [{ kinds: ["any"], text: "the policies differ" }];
}
