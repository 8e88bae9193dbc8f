import {
  agentKey,
  consentRole,
  defaultTenant,
  type HostModel,
  plan,
  profileRef,
  type TrustLevel,
} from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { Permit } from "permitio";
import { startLocalPermit } from "../local/permit/start.ts";
import { applyPlan, connectOrganization, readEnvironmentKey } from "../permit/index.ts";

/** A local Permit of its own, and what a test does with it: through HTTP, as the product does. */
export async function startProvisioning() {
  const permit = await startLocalPermit({ port: 0 });
  const requests: string[] = [];
  let failOn: ((request: string) => boolean) | undefined;
  const organization = connectOrganization({
    apiUrl: permit.url,
    pdpUrl: permit.url,
    apiKey: permit.orgKey,
    onRequest: (method, path) => {
      // Ids of project and environment differ from run to run.
      const request = `${method} ${decodeURIComponent(path).replace(/^\/v2\/(schema|facts)\/[^/]+\/[^/]+\//, "$1/")}`;
      if (failOn?.(request) === true) throw new Error(`The test breaks off at ${request}`);
      if (method !== "GET") requests.push(request);
    },
  });
  return {
    url: permit.url,
    /** The writes since the last apply began. */
    requests: requests as readonly string[],
    organizationKey: permit.orgKey,
    organization,
    /** Provisions the host and returns the writes made. */
    async provision(model: HostModel): Promise<readonly string[]> {
      requests.length = 0;
      await applyPlan(organization, plan(model, today));
      return [...requests];
    },
    /** Provisions with every request matching `fails` never sent, and returns the writes made before. */
    async provisionFailing(model: HostModel, fails: (request: string) => boolean): Promise<readonly string[]> {
      requests.length = 0;
      failOn = fails;
      try {
        await applyPlan(organization, plan(model, today));
      } catch {
        return [...requests];
      } finally {
        failOn = undefined;
      }
      throw new Error("The apply was expected to break off.");
    },
    /** The unmodified SDK with the environment's key, as a decision client has it. */
    async sdk(model: HostModel): Promise<Permit> {
      const token = await readEnvironmentKey(organization, model.permit);
      return new Permit({ token, apiUrl: permit.url, pdp: permit.url, log: { level: "silent" } });
    },
    close: () => permit.close(),
  };
}

export type Provisioning = Awaited<ReturnType<typeof startProvisioning>>;

/** What consent writes: the agent, and its level on the human's profile. Returns the agent's user key. */
export async function consent(
  sdk: Permit,
  clientId: string,
  email: string,
  server: string,
  level: TrustLevel,
): Promise<string> {
  const user = agentKey(clientId, email);
  await sdk.api.users.sync({ key: user });
  await sdk.api.roleAssignments.assign({
    user,
    role: consentRole(server, level),
    resource_instance: profileRef(email),
    tenant: defaultTenant,
  });
  return user;
}
