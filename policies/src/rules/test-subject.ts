import { didYouMean, listed } from "../did-you-mean.ts";
import { canonicalEmail } from "../email.ts";
import type { HostFiles } from "../host-files.ts";
import { humanModels, memberAddresses } from "../host-model.ts";
import type { PolicyTest } from "../schema/test-file.ts";
import type { YamlPath } from "../yaml-source.ts";
import type { Rule } from "./rule.ts";

interface Finding {
  readonly path: YamlPath;
  readonly message: string;
  readonly hint: string;
}

const subjects = ["human", "group", "outsider"] as const;

/** The addresses of all humans of the host; undefined when its files don't say. */
function knownHumans({ host, grants }: HostFiles): ReadonlySet<string> | undefined {
  if (host === undefined || grants === undefined) return undefined;
  const { admins, approvers, auditors } = host.value;
  const members = memberAddresses([...admins, ...approvers, ...auditors], grants.value.groups);
  return new Set(humanModels(members, grants.value).map(({ email }) => email));
}

function* findings(test: PolicyTest, files: HostFiles, humans: ReadonlySet<string> | undefined): Iterable<Finding> {
  const named = subjects.filter((subject) => test[subject] !== undefined);
  if (named.length !== 1) {
    const message = named.length === 0 ? "The test says of nobody." : `The test names ${named.join(" and ")}.`;
    yield { path: [], message, hint: "name one `human`, `group` or `outsider`" };
    return;
  }
  const { human, group, outsider } = test;
  if (group !== undefined && files.grants !== undefined && !files.groupNames.includes(group)) {
    yield {
      path: ["group"],
      message: `There is no group ${JSON.stringify(group)}.`,
      hint: didYouMean(group, files.groupNames, `the groups are ${listed(files.groupNames)}`),
    };
  } else if (group !== undefined && files.grants?.value.groups[group]?.length === 0) {
    const message = `The group ${JSON.stringify(group)} has no members, so the test would say nothing.`;
    yield { path: ["group"], message, hint: "remove the test, or add members" };
  }
  if (human !== undefined && humans?.has(canonicalEmail(human)) === false) {
    yield {
      path: ["human"],
      message: `The policy doesn't know ${JSON.stringify(human)}.`,
      hint: didYouMean(human, [...humans], "of somebody whom it isn't to know, write `outsider` instead of `human`"),
    };
  }
  if (outsider === undefined) return;
  if (humans?.has(canonicalEmail(outsider)) === true) {
    yield {
      path: ["outsider"],
      message: `The policy knows ${JSON.stringify(outsider)}.`,
      hint: "write `human` instead of `outsider`, or remove the address from the policy",
    };
  }
  for (const list of ["can", "canWithApproval"] as const) {
    if (test[list].length === 0) continue;
    const message = "Somebody whom the policy doesn't know can call nothing.";
    yield { path: [list], message, hint: "write `cannot`, or add the human to the policy and write `human`" };
  }
}

/** A test of a misspelt human would pass for the wrong reason: of somebody unknown everything is refused. */
export const testSubject: Rule = {
  id: "test-subject",
  *check(files) {
    if (files.tests.length === 0) return;
    const humans = knownHumans(files);
    for (const { source, value } of files.tests) {
      for (const [index, test] of value.tests.entries()) {
        for (const { path, message, hint } of findings(test, files, humans)) {
          yield { at: source.positionOf(["tests", index, ...path]), message, hint };
        }
      }
    }
  },
};
