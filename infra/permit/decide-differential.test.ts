import {
  agentKey,
  consentRole,
  decide,
  defaultTenant,
  type HostModel,
  profileRef,
  type TrustLevel,
  toolActionKey,
  trustLevels,
} from "@permit-mcp-gateway/policies";
import { today } from "@permit-mcp-gateway/policies/testing";
import { arbitraryHost } from "@permit-mcp-gateway/policies/testing/arbitrary-host";
import fc from "fast-check";
import type { Permit } from "permitio";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Provisioning, startProvisioning } from "../testing/provisioning.ts";

let provisioning: Provisioning;
beforeAll(async () => {
  provisioning = await startProvisioning();
});
afterAll(() => provisioning.close());

/** An agent of a human, and its consents: server -> level. */
interface Agent {
  readonly client: string;
  readonly human: string;
  readonly consents: ReadonlyMap<string, TrustLevel>;
}

/** For each human an agent of each level on every server, and one that has consent to the first server only. */
function agentsOf({ humans, servers }: HostModel): readonly Agent[] {
  const everywhere = (level: TrustLevel) => new Map(servers.map(({ key }) => [key, level]));
  return humans.flatMap(({ email: human }) => [
    ...trustLevels.map((level) => ({ client: `${level}-agent`, human, consents: everywhere(level) })),
    { client: "one-server-agent", human, consents: new Map([...everywhere("high")].slice(0, 1)) },
  ]);
}

/** What consent writes of all agents. */
async function writeConsents(sdk: Permit, agents: readonly Agent[]): Promise<void> {
  const users = agents.map(({ client, human }) => ({ key: agentKey(client, human) }));
  if (users.length > 0) await sdk.api.users.bulkUserCreate(users);
  const roles = agents.flatMap(({ client, human, consents }) =>
    [...consents].map(([server, level]) => ({
      user: agentKey(client, human),
      role: consentRole(server, level),
      resource_instance: profileRef(human),
      tenant: defaultTenant,
    })),
  );
  if (roles.length > 0) await sdk.api.roleAssignments.bulkAssign(roles);
}

/** Every question that can be asked of a host, with the answer of `decide`; without a consent everything is denied. */
function questions(host: HostModel) {
  return agentsOf(host).flatMap((agent) =>
    host.servers.flatMap(({ key: server, tools }) =>
      [...tools.map(({ name }) => name), "not listed"].map((tool) => {
        const { client, human, consents } = agent;
        const consent = consents.get(server);
        const allow = consent !== undefined && decide(host, { human, server, tool, consent, on: today }).allow;
        return { client, human, server, tool, allow };
      }),
    ),
  );
}

test("Permit answers as `decide` does: every human, consent, server and tool of random hosts", async () => {
  let run = 0;
  const asked = { allowed: 0, denied: 0 };
  await fc.assert(
    fc.asyncProperty(arbitraryHost, async (random) => {
      // An environment of its own, as each host has it.
      const host = { ...random, permit: { ...random.permit, environment: `random-${run++}` } };
      await provisioning.provision(host);
      const sdk = await provisioning.sdk(host);
      await writeConsents(sdk, agentsOf(host));
      const all = questions(host);
      const answers = await sdk.bulkCheck(
        all.map(({ client, human, server, tool }) => ({
          user: agentKey(client, human),
          action: toolActionKey(tool),
          resource: { type: server, key: server, tenant: defaultTenant },
        })),
      );
      expect(all.map((question, index) => ({ ...question, allow: answers[index] }))).toEqual(all);
      for (const { allow } of all) asked[allow ? "allowed" : "denied"]++;
    }),
    { numRuns: 30, endOnFailure: true },
  );
  // Hosts of which nothing can be asked would agree too.
  expect(asked.allowed).toBeGreaterThan(10);
  expect(asked.denied).toBeGreaterThan(10);
});
