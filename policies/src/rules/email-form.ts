import { isEmail } from "../email.ts";
import type { HostFiles } from "../host-files.ts";
import type { SourcePosition } from "../model.ts";
import { codePoint } from "../text-invisible.ts";
import type { YamlPath } from "../yaml-source.ts";
import type { Rule } from "./rule.ts";

/** Every e-mail address of the files, with its place. */
function* emails({ host, grants }: HostFiles): Iterable<{ readonly email: string; readonly at: SourcePosition }> {
  if (host !== undefined) {
    const at = (...path: YamlPath) => host.source.positionOf(path);
    for (const list of ["admins", "approvers", "auditors"] as const) {
      for (const [index, email] of host.value[list].entries()) {
        // Without an "@" it is a group, which has a rule of its own.
        if (email.includes("@")) yield { email, at: at(list, index) };
      }
    }
    for (const [index, { human }] of host.value.approval.bypass.entries()) {
      if (human !== undefined) yield { email: human, at: at("approval", "bypass", index, "human") };
    }
    for (const [index, email] of host.value.approval.notify.email.entries()) {
      yield { email, at: at("approval", "notify", "email", index) };
    }
  }
  if (grants === undefined) return;
  for (const [group, members] of Object.entries(grants.value.groups)) {
    for (const [index, email] of members.entries()) {
      yield { email, at: grants.source.positionOf(["groups", group, index]) };
    }
  }
  for (const [index, { human }] of grants.value.grants.entries()) {
    if (human !== undefined) yield { email: human, at: grants.source.positionOf(["grants", index, "human"]) };
  }
}

/** A human is an e-mail address: one that looks like another's must not exist, nor one that nobody can sign in with. */
export const emailForm: Rule = {
  id: "email-form",
  *check(files) {
    for (const { email, at } of emails(files)) {
      if (isEmail(email)) continue;
      const foreign = Array.from(email, (char) => char.codePointAt(0) ?? 0).find((point) => point > 0x7e);
      yield {
        at,
        message: `${JSON.stringify(email)} is not an e-mail address in ASCII.`,
        hint:
          foreign === undefined
            ? "write it as name@example.com"
            : `${codePoint(foreign)} is not ASCII and may look like a letter that is; type the address by hand`,
      };
    }
  },
};
