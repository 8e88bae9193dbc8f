import type { Rule } from "./rule.ts";

/** Microsoft's names for the accounts of every tenant, of every organization, and of nobody's. */
const sharedTenants = new Set(["common", "organizations", "consumers"]);

/** Anybody can make a tenant and write any e-mail address into it, so one that the host knows must be named. */
export const signInOneTenant: Rule = {
  id: "sign-in-one-tenant",
  *check({ host }) {
    const tenant = host?.value.signIn.microsoft?.tenantId;
    if (host === undefined || tenant === undefined || !sharedTenants.has(tenant.toLowerCase())) return;
    yield {
      at: host.source.positionOf(["signIn", "microsoft", "tenantId"]),
      message: `"${tenant}" is not one tenant but all of them.`,
      hint: "name the tenant by its id or by one of its domains",
    };
  },
};
