import type { AccessChange, GrantChange, GrantTerms, HostDiff, People, ToolAccess } from "../../src/diff/host-diff.ts";
import { dynamicServersKey } from "../../src/permit-keys.ts";
import { type TrustLevel, trustRank } from "../../src/trust.ts";
import { type Entry, heaviestFirst, type Section, type Weight } from "./report.ts";
import { own, say, some, type Text } from "./text.ts";

const namesMax = 8;

/** Groups with their size, then the humans whom no group covers. */
export function peopleText({ groups, others }: People): Text {
  const named = groups.map(({ name, members }) => say`${name} (${members} people)`);
  return some([...named, ...others.map((human) => say`${human}`)], namesMax);
}

const ceilingText = (ceiling: TrustLevel | null): Text => own(ceiling ?? "none");

/** What happens to the calls of a tool, in the order in which it is told. */
const happenings = [
  ["can call:", "more", ({ before }) => before === null],
  ["can call with a lower consent:", "more", ({ before, after }) => rankOf(after) < rankOf(before)],
  [
    "calls that no longer wait for an approval:",
    "more",
    ({ before, after }) => before?.approval === true && after?.approval === false,
  ],
  ["can no longer call:", "less", ({ after }) => after === null],
  [
    "can call with a higher consent only:",
    "less",
    ({ before, after }) => after !== null && rankOf(after) > rankOf(before),
  ],
  [
    "calls that now wait for an approval:",
    "less",
    ({ before, after }) => before?.approval === false && after?.approval === true,
  ],
] as const satisfies readonly (readonly [string, Weight, (access: ToolAccess) => boolean])[];

/** A tool that can't be called needs more than any consent. */
const rankOf = (terms: ToolAccess["after"]) => (terms === null ? Number.POSITIVE_INFINITY : trustRank(terms.consent));
const isHigh = ({ trust }: ToolAccess) => trust.before === "high" || trust.after === "high";

/** What destroys is named even where not all are. */
const highFirst = (tools: readonly ToolAccess[]) => tools.toSorted((a, b) => Number(isHigh(b)) - Number(isHigh(a)));

function toolText({ tool, after, before, trust }: ToolAccess): Text {
  const level = after?.consent ?? before?.consent;
  const waits = before === null && after?.approval === true ? ", waits for an approval" : "";
  const was = before === null && trust.before !== null && trust.before !== level ? `, was ${trust.before}` : "";
  return say`${tool} (${own(`${level}${was}${waits}`)})`;
}

/** Whose tools they will be nobody knows yet, so only the limit can be told. */
function ownServersText(people: People, before: TrustLevel | null, after: TrustLevel | null): Text {
  const was = own(before === null ? "" : `, was ${before}`);
  return after === null
    ? say`${peopleText(people)} may no longer connect servers of their own${was}`
    : say`${peopleText(people)} may connect servers of their own, up to ${own(after)}${was}`;
}

function accessEntry({ server, people, before, after, tools }: AccessChange): Entry {
  const told = happenings.flatMap(([what, weight, happens]) => {
    // A tool that was not callable needs no lower consent, it is new.
    const those = tools.filter((tool) => happens(tool) && !(what.includes("lower") && tool.before === null));
    return those.length === 0 ? [] : [{ what, weight, those }];
  });
  const more = told.filter(({ weight }) => weight === "more");
  const danger = more.some(({ those }) => those.some(isHigh));
  if (
    server === dynamicServersKey &&
    told.every(({ what }) => what === "can call:" || what === "can no longer call:")
  ) {
    return {
      weight: danger ? "danger" : more.length > 0 ? "more" : "less",
      line: ownServersText(people, before, after),
      details: [],
    };
  }
  const ceiling =
    before === after
      ? say`ceiling ${ceilingText(after)}`
      : say`ceiling ${ceilingText(before)} -> ${ceilingText(after)}`;
  return {
    weight: danger ? "danger" : more.length > 0 ? "more" : "less",
    line: say`${peopleText(people)} on ${server}, ${ceiling}`,
    details: told.map(({ what, those }) => say`${own(what)} ${some(highFirst(those).map(toolText), namesMax)}`),
  };
}

/** Grants in the order in which they hold: the strongest one first, then what is left when it has ended. */
function grantText(terms: readonly GrantTerms[]): Text {
  const all = terms.map(({ ceiling, until, consentDays }) => {
    const end = until === null ? "" : ` until ${until}`;
    return `${ceiling}${end}${consentDays === null ? "" : ` with consents of ${consentDays} days`}`;
  });
  return own(all.length === 0 ? "none" : all.join(", then "));
}

const isPlain = (terms: readonly GrantTerms[]) =>
  terms.length === 0 || (terms.length === 1 && terms[0]?.until === null && terms[0].consentDays === null);

/** A grant says something that the calls of today don't: an end, a life of consents, a ceiling without tools. */
function saysMore({ server, before, after }: GrantChange, access: readonly AccessChange[]): boolean {
  const told = access.some(
    (change) =>
      change.server === server &&
      change.before === (before[0]?.ceiling ?? null) &&
      change.after === (after[0]?.ceiling ?? null),
  );
  return !(told && isPlain(before) && isPlain(after));
}

/** Who can call what, and the grants that say more than that. */
export function accessSections({ access, grants }: HostDiff): readonly Section[] {
  const told = grants.filter((change) => saysMore(change, access));
  return [
    { title: "Who can call what", entries: heaviestFirst(access.map(accessEntry)) },
    {
      title: "Grants",
      entries: told.map(({ server, people, before, after }) => ({
        weight: "other",
        line: say`${peopleText(people)} on ${server}: ${grantText(before)} -> ${grantText(after)}`,
        details: [],
      })),
    },
  ];
}
