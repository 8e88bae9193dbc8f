import { isEmail } from "../email.ts";
import type { HostFiles } from "../host-files.ts";
import type { SourcePosition } from "../model.ts";
import { signInMethods } from "../schema/sign-in.ts";
import type { Rule } from "./rule.ts";

function* grantedHumans({
  grants,
}: HostFiles): Iterable<{ readonly email: string; readonly at: () => SourcePosition }> {
  if (grants === undefined) return;
  for (const [group, members] of Object.entries(grants.value.groups)) {
    for (const [index, email] of members.entries()) {
      yield { email, at: () => grants.source.positionOf(["groups", group, index]) };
    }
  }
  for (const [index, { human }] of grants.value.grants.entries()) {
    if (human !== undefined) yield { email: human, at: () => grants.source.positionOf(["grants", index, "human"]) };
  }
}

/** A human whose domain no sign-in method admits can never use what is granted to them. */
export const humanSignsIn: Rule = {
  id: "human-signs-in",
  ofWholeFiles: true,
  *check(files) {
    const signIn = files.host?.value.signIn;
    if (signIn === undefined) return;
    const on = signInMethods.flatMap((method) => signIn[method] ?? []).filter(({ enabled }) => enabled);
    const admits = (domain: string) =>
      (signIn.domains?.includes(domain) ?? true) && on.some(({ domains }) => domains?.includes(domain) ?? true);
    if (on.length === 0) return;
    for (const { email, at } of grantedHumans(files)) {
      const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
      if (!isEmail(email) || admits(domain)) continue;
      yield {
        at: at(),
        message: `No sign-in method that is on admits addresses of ${domain}, so this human can't sign in.`,
        hint: "admit the domain in host.yaml, or remove the human",
      };
    }
  },
};
