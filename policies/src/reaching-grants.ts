import { byText } from "./by-text.ts";
import { canonicalEmail } from "./email.ts";
import type { GrantModel } from "./model.ts";
import type { GrantsFile } from "./schema/grants-file.ts";
import type { ShapedFile } from "./shape.ts";
import { trustRank } from "./trust.ts";

const noEnd = "9999-12-31";

/** Highest ceiling first; of equals the one that lasts longest, then the one that allows the longest consents. */
function strongestFirst(a: GrantModel, b: GrantModel): number {
  return (
    trustRank(b.ceiling) - trustRank(a.ceiling) ||
    byText(b.until ?? noEnd, a.until ?? noEnd) ||
    (b.consentDays ?? Number.MAX_SAFE_INTEGER) - (a.consentDays ?? Number.MAX_SAFE_INTEGER)
  );
}

/** The grants of one human on one server that hold on some day: each of them outlasts all that are stronger. */
export function grantsThatHold(grants: readonly GrantModel[]): readonly GrantModel[] {
  if (grants.length === 1) return grants;
  const kept: GrantModel[] = [];
  // The sort is stable, so the first of equals stays: its line is the one a reader finds first.
  for (const grant of grants.toSorted(strongestFirst)) {
    if (kept.every(({ until }) => (until ?? noEnd) < (grant.until ?? noEnd))) kept.push(grant);
  }
  return kept;
}

const computed = new WeakMap<ShapedFile<GrantsFile>, readonly GrantModel[]>();

/** `HostModel.grants` of a grants file. Made once for each file: a host can have hundreds of thousands. */
export function reachingGrants(grants: ShapedFile<GrantsFile>): readonly GrantModel[] {
  const known = computed.get(grants);
  if (known !== undefined) return known;
  const { source, value } = grants;
  const members = new Map(Object.entries(value.groups).map(([name, emails]) => [name, emails.map(canonicalEmail)]));
  const reaching = new Map<string, Map<string, GrantModel[]>>();
  for (const [index, { server, human, group, ceiling, until, consentDays }] of value.grants.entries()) {
    const subjects = human === undefined ? (members.get(group ?? "") ?? []) : [canonicalEmail(human)];
    const said = {
      server,
      ceiling,
      until,
      consentDays,
      group,
      source: source.positionOf(["grants", index, "ceiling"]),
    };
    const ofServer = reaching.get(server) ?? new Map<string, GrantModel[]>();
    reaching.set(server, ofServer);
    for (const email of subjects) {
      const before = ofServer.get(email);
      if (before === undefined) ofServer.set(email, [{ human: email, ...said }]);
      else before.push({ human: email, ...said });
    }
  }
  const inOrder = <T>(map: ReadonlyMap<string, T>) => [...map].toSorted(([a], [b]) => byText(a, b));
  const made = inOrder(reaching).flatMap(([, humans]) => inOrder(humans).flatMap(([, all]) => grantsThatHold(all)));
  computed.set(grants, made);
  return made;
}
