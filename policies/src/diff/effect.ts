/** What a changed setting does to security. */
import { canonicalJson } from "../canonical-json.ts";
import type { HostModel } from "../model.ts";
import { argumentLevels } from "../schema/audit.ts";
import { type SignIn, type SignInMethod, signInMethods } from "../schema/sign-in.ts";
import { trustLevels } from "../trust.ts";
import type { Change, Effect } from "./host-diff.ts";

interface Hosts {
  readonly before: HostModel;
  readonly after: HostModel;
}
type Meaning = (change: Change<unknown>, hosts: Hosts) => Effect;

const effect = (more: boolean, less: boolean): Effect =>
  more ? (less ? "differs" : "loosens") : less ? "tightens" : "neutral";

/** A set that lets in what is on it; without a set all is let in. */
function admitted(before: readonly unknown[] | null, after: readonly unknown[] | null): Effect {
  const adds = (from: readonly unknown[] | null, to: readonly unknown[] | null) => {
    if (from === null) return false;
    const known = new Set(from.map(canonicalJson));
    return to === null || to.some((entry) => !known.has(canonicalJson(entry)));
  };
  return effect(adds(before, after), adds(after, before));
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const members: Meaning = ({ before, after }) => admitted(list(before), list(after));

/** A number of which more permits more; without one there is no limit. */
const largerLoosens: Meaning = ({ before, after }) => {
  const [was, is] = [before ?? Number.POSITIVE_INFINITY, after ?? Number.POSITIVE_INFINITY].map(Number);
  return effect((is ?? 0) > (was ?? 0), (is ?? 0) < (was ?? 0));
};
const largerTightens: Meaning = ({ before, after }, hosts) => largerLoosens({ before: after, after: before }, hosts);
/** Of a limit that comes or goes, the number beside it says it all. */
const ofLimit =
  (meaning: Meaning): Meaning =>
  (change, hosts) =>
    change.before === null || change.after === null ? "neutral" : meaning(change, hosts);
/** Levels as numbers; without one nothing waits, as if it were above all. */
const ranked = ({ before, after }: Change<unknown>): Change<unknown> => {
  const levels: readonly unknown[] = trustLevels;
  const rank = (level: unknown) => (level === null ? null : levels.indexOf(level));
  return { before: rank(before), after: rank(after) };
};
/** Trust from which on something is open; `off` and what is not there are open to nobody. */
const openFrom: Meaning = ({ before, after }) => {
  const levels: readonly unknown[] = trustLevels;
  const rank = (level: unknown) => (levels.includes(level) ? levels.indexOf(level) : levels.length);
  return effect(rank(after) < rank(before), rank(after) > rank(before));
};
/** What is replaced in records: without a path they show more. */
const shownParts: Meaning = ({ before, after }) => admitted(list(after), list(before));
/** What is recorded of arguments: more of it is more to look into. A server that says nothing says what its host says. */
const recorded: Meaning = ({ before, after }, hosts) => {
  const levels: readonly unknown[] = argumentLevels;
  const was = levels.indexOf(before ?? hosts.before.audit.arguments);
  const is = levels.indexOf(after ?? hosts.after.audit.arguments);
  return effect(is < was, is > was);
};
const onLoosens: Meaning = ({ before, after }) => effect(after === true, before === true);
const neutral: Meaning = () => "neutral";
const differs: Meaning = () => "differs";

/** The domains from which a method lets humans in; null: all. None when it is off. */
function admittedBy(signIn: SignIn, method: SignInMethod): readonly string[] | null {
  const settings = signIn[method];
  if (settings?.enabled !== true) return [];
  const { domains } = settings;
  if (domains === undefined || signIn.domains === undefined) return domains ?? signIn.domains ?? null;
  const everywhere = new Set(signIn.domains);
  return domains.filter((domain) => everywhere.has(domain));
}

/** Compares whom the methods let in, not what is written: a domain that is on one of two lists lets in nobody. */
const admission =
  (methods: readonly SignInMethod[]): Meaning =>
  (_, { before, after }) => {
    const effects = methods.map((method) =>
      admitted(admittedBy(before.signIn, method), admittedBy(after.signIn, method)),
    );
    const some = (...wanted: readonly Effect[]) => effects.some((found) => wanted.includes(found));
    return effect(some("loosens", "differs"), some("tightens", "differs"));
  };

/** Who vouches for humans, and with which key: another one can vouch for anybody. Of no weight while it is off. */
const vouching =
  (method: SignInMethod): Meaning =>
  (_, { before, after }) =>
    [before, after].every(({ signIn }) => signIn[method]?.enabled === true) ? "differs" : "neutral";

const meanings: readonly (readonly [RegExp, Meaning])[] = [
  [/^name$|^server\.(name|description)$|^(server\.)?listTools$/, neutral],
  [/^(admins|approvers|auditors|approval\.bypass|clients\.(listed|webOrigins)|dynamicServers\.privateHosts)$/, members],
  [/^approval\.(timeoutSeconds|notify\..*)$|^server\.(timeoutSeconds|maxAnswerMegabytes)$/, neutral],
  [/^approval\.selfApproval$|^dynamicServers\.enabled$|^clients\.(registration|metadataDocuments)$/, onLoosens],
  [/^server\.(resources|prompts|methods\..*)$/, openFrom],
  [/^approval\.from$/, (change, hosts) => largerLoosens(ranked(change), hosts)],
  [/^sessions\.(idle|absolute)Days$|^rateLimits\..*\.max$|^server\.(consentDays|rateLimit\.max)$/, largerLoosens],
  [/^dynamicServers\.maxPerHuman$/, largerLoosens],
  [/^(rateLimits\..*|server\.rateLimit)\.windowSeconds$/, ofLimit(largerTightens)],
  [/^audit\.retentionDays$/, largerTightens],
  [/^(server\.)?audit\.arguments$/, recorded],
  [/^(server\.)?audit\.redact$/, shownParts],
  [/^audit\.lowCalls$/, ({ after }) => (after === "before-call" ? "tightens" : "loosens")],
  [/^signIn\.domains$/, admission(signInMethods)],
  ...signInMethods.flatMap((method): readonly (readonly [RegExp, Meaning])[] => [
    [new RegExp(`^signIn\\.${method}\\.(enabled|domains)$`), admission([method])],
    [new RegExp(`^signIn\\.${method}\\.forceRedirectDomains$`), neutral],
    [new RegExp(`^signIn\\.${method}\\.`), vouching(method)],
  ]),
];

/**
 * What a change of a setting means for security. A setting of which nothing is known here, such as a server's URL or a
 * field that was added later, `differs`: it counts as one that weakens the host until somebody has said otherwise.
 */
export function effectOf(setting: string, change: Change<unknown>, hosts: Hosts): Effect {
  const found = meanings.find(([form]) => form.test(setting))?.[1] ?? differs;
  return found(change, hosts);
}
