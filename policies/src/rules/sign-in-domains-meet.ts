import { signInMethods } from "../schema/sign-in.ts";
import type { Rule } from "./rule.ts";

/** The lists of the host and of a method are intersected; where they have nothing in common the method admits nobody. */
export const signInDomainsMeet: Rule = {
  id: "sign-in-domains-meet",
  ofWholeFiles: true,
  *check({ host }) {
    if (host === undefined) return;
    const { signIn } = host.value;
    const allowed = (domain: string) => signIn.domains === undefined || signIn.domains.includes(domain);
    for (const method of signInMethods) {
      const settings = signIn[method];
      if (settings?.enabled !== true) continue;
      const domains = settings.domains ?? signIn.domains;
      if (domains !== undefined && !domains.some(allowed)) {
        const path = settings.domains === undefined ? ["signIn", "domains"] : ["signIn", method, "domains"];
        yield {
          at: host.source.positionOf(path),
          message: `Sign-in method ${JSON.stringify(method)} is on and admits no domain.`,
          hint: "a domain must be in this list and in signIn.domains; leave a list out to set no limit",
        };
      }
      const forced = "forceRedirectDomains" in settings ? settings.forceRedirectDomains : [];
      for (const [index, domain] of forced.entries()) {
        if (allowed(domain) && (settings.domains?.includes(domain) ?? true)) continue;
        yield {
          at: host.source.positionOf(["signIn", method, "forceRedirectDomains", index]),
          message: `Humans of ${JSON.stringify(domain)} are sent to ${JSON.stringify(method)}, which does not admit them.`,
          hint: "admit the domain, or don't send it there",
        };
      }
    }
  },
};
