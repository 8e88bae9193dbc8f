import type { HostDiff, ServerChange, SettingChange, ToolChange, ToolTerms } from "../../src/diff/host-diff.ts";
import { isLooserLimit, isRecordedLess, isTimeoutOnly, showsMore } from "../../src/diff/tools.ts";
import { trustRank } from "../../src/trust.ts";
import { auditTexts } from "./audit-texts.ts";
import { definitionLines } from "./definition-comparison.ts";
import { type Entry, heaviestFirst, type Section, type Weight } from "./report.ts";
import { own, say, some, type Text } from "./text.ts";

const namesMax = 20;

function toolWeight(change: ToolChange): Weight {
  const { before, after, definition } = change;
  if (before === null || after === null || isTimeoutOnly(change)) return "other";
  if (isLooserLimit(before.rateLimit, after.rateLimit) || isRecordedLess(change) || showsMore(change)) return "more";
  const drops = before.approval.length > 0 && after.approval.length === 0;
  if (drops || trustRank(after.trust) < trustRank(before.trust) || (!before.enabled && after.enabled)) return "more";
  return definition === null ? "less" : "more";
}

const approvalText = ({ approval }: ToolTerms) => (approval.length === 0 ? "none" : `by ${approval.join(" and ")}`);

const limitText = ({ rateLimit }: ToolTerms) =>
  rateLimit === null ? "none" : `${rateLimit.max} in ${rateLimit.windowSeconds} s`;

const timeoutText = ({ timeoutSeconds }: ToolTerms) =>
  timeoutSeconds === null ? "as the server says" : `${timeoutSeconds} s`;

/** A tool that both policies have. */
function toolEntry(change: ToolChange, before: ToolTerms, after: ToolTerms): Entry {
  const said: readonly Text[] = [
    ...(before.trust === after.trust ? [] : [own(`trust ${before.trust} -> ${after.trust}`)]),
    ...(before.enabled === after.enabled ? [] : [own(after.enabled ? "enabled" : "disabled")]),
    ...(approvalText(before) === approvalText(after)
      ? []
      : [own(`approval ${approvalText(before)} -> ${approvalText(after)}`)]),
    ...(limitText(before) === limitText(after)
      ? []
      : [own(`calls of one agent ${limitText(before)} -> ${limitText(after)}`)]),
    ...(before.timeoutSeconds === after.timeoutSeconds
      ? []
      : [own(`a call takes at most ${timeoutText(before)} -> ${timeoutText(after)}`)]),
    ...auditTexts(before, after),
    ...(change.definition === null ? [] : [own("the server defines it differently")]),
  ];
  const line = say`${change.tool} on ${change.server}: ${some(said, said.length)}`;
  const { definition } = change;
  const entry = { weight: toolWeight(change), line, details: [] };
  return definition === null ? entry : { ...entry, comparison: definitionLines(definition.before, definition.after) };
}

/** Tools of a server of which the same is to be said, in one entry, with what the server says of those it has now. */
function listEntry(what: string, server: string, tools: readonly ToolChange[]): readonly Entry[] {
  const named = tools.map(({ tool, before, after }) => {
    const terms = after ?? before;
    if (terms === null) return say`${tool}`;
    const { trust, enabled, approval, timeoutSeconds, rateLimit, audit } = terms;
    const more = [
      trust,
      ...(enabled ? [] : ["disabled"]),
      ...(approval.length > 0 ? ["waits for an approval"] : []),
      ...(rateLimit === null ? [] : [`an agent may call it ${rateLimit.max} times in ${rateLimit.windowSeconds} s`]),
      ...(timeoutSeconds === null ? [] : [`a call takes at most ${timeoutSeconds} s`]),
      ...(audit.arguments === null ? [] : [`arguments in the audit log: ${audit.arguments}`]),
    ];
    return say`${tool} (${own(more.join(", "))})`;
  });
  const described = tools.flatMap(({ tool, definition }) => {
    const description = definition?.after?.description;
    return description === undefined ? [] : [say`${tool}: ${description}`];
  });
  const left = described.length - namesMax;
  const details = [...described.slice(0, namesMax), ...(left > 0 ? [say`and ${left} more descriptions`] : [])];
  return named.length === 0
    ? []
    : [{ weight: "other", line: say`${own(what)} on ${server}: ${some(named, namesMax)}`, details }];
}

/** Nothing differs but that a lock file has come or gone. */
const isLockOnly = ({ before, after, definition }: ToolChange) =>
  JSON.stringify(before) === JSON.stringify(after) && (definition?.before === null || definition?.after === null);

function toolEntries(tools: readonly ToolChange[]): readonly Entry[] {
  const entries = [...Map.groupBy(tools, ({ server }) => server)].flatMap(([server, changes]) => {
    const locked = changes.filter(isLockOnly);
    const others = changes.filter((change) => !isLockOnly(change));
    const list = (what: string, matches: (change: ToolChange) => boolean, among = others) =>
      listEntry(what, server, among.filter(matches));
    return [
      ...list("new", ({ before }) => before === null),
      ...list("gone", ({ after }) => after === null),
      ...list("in the lock file now", ({ definition }) => definition?.before === null, locked),
      ...list("no longer in the lock file", ({ definition }) => definition?.after === null, locked),
      ...others.flatMap((change) =>
        change.before && change.after ? [toolEntry(change, change.before, change.after)] : [],
      ),
    ];
  });
  return heaviestFirst(entries);
}

function serverEntry({ server, before, after }: ServerChange): Entry {
  const [what, said] = after === null ? (["gone", before] as const) : (["new", after] as const);
  return {
    weight: "other",
    line: say`${server} is ${own(what)}: ${said?.name ?? ""}, ${said?.url ?? ""}`,
    details: [],
  };
}

const weightOf = { loosens: "more", differs: "more", tightens: "less", neutral: "other" } as const;
const valuesMax = 10;

/** A value of a setting. One of several lines is a certificate, which nobody compares by eye. */
function valueText(value: unknown): Text {
  if (value === null) return own("none");
  if (typeof value !== "string") return typeof value === "object" ? say`${JSON.stringify(value)}` : own(String(value));
  const [first = "", ...more] = value.trim().split("\n");
  return more.length === 0 ? say`${value}` : say`${first} and ${more.length} more lines`;
}

function settingEntry({ server, setting, before, after, effect }: SettingChange): Entry {
  const where = server === null ? say`${setting}` : say`${setting} of ${server}`;
  const entry = { weight: weightOf[effect], details: [] };
  if (!Array.isArray(before) || !Array.isArray(after)) {
    const text = (value: unknown) => (Array.isArray(value) ? some(value.map(valueText), valuesMax) : valueText(value));
    return { ...entry, line: say`${where}: ${text(before)} -> ${text(after)}` };
  }
  const without = (all: readonly unknown[], others: readonly unknown[]) => {
    const known = new Set(others.map((other) => JSON.stringify(other)));
    return all.filter((one) => !known.has(JSON.stringify(one)));
  };
  const changes = [
    ["added", without(after, before)],
    ["removed", without(before, after)],
  ] as const;
  const said = changes.flatMap(([what, values]) =>
    values.length === 0 ? [] : [say`${own(what)} ${some(values.map(valueText), valuesMax)}`],
  );
  return { ...entry, line: say`${where}: ${some(said, said.length)}` };
}

/** What the policy says of servers, tools and the host. */
export function policySections({ tools, servers, settings }: HostDiff): readonly Section[] {
  const of = (server: boolean, signIn: boolean) =>
    settings.filter((change) => (change.server !== null) === server && change.setting.startsWith("signIn.") === signIn);
  return [
    { title: "Sign-in", entries: heaviestFirst(of(false, true).map(settingEntry)) },
    { title: "Servers", entries: heaviestFirst([...servers.map(serverEntry), ...of(true, false).map(settingEntry)]) },
    { title: "Tools", entries: toolEntries(tools) },
    { title: "Settings", entries: heaviestFirst(of(false, false).map(settingEntry)) },
  ];
}
