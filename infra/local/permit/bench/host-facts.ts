import {
  agentKey,
  consentRole,
  defaultTenant,
  humanKey,
  ownerRole,
  profileKey,
  profileRef,
  serverRef,
  trustLevels,
  userProfileType,
} from "@permit-mcp-gateway/policies";
import { plainHost, plainServer } from "@permit-mcp-gateway/policies/testing";
import { provisionModel } from "../testing/provision-model.ts";
import { send } from "../testing/raw-http.ts";
import { newEnvironment } from "../testing/sdk.ts";

/** How large a host is: humans × ceilings tuples; humans × (1 + consents) role assignments. */
export interface HostSize {
  readonly humans: number;
  readonly servers: number;
  /** Servers that each human has a ceiling on. */
  readonly ceilings: number;
  /** Servers that each human's agent was consented to. */
  readonly consents: number;
}

/** 50,000 tuples and 50,000 role assignments. */
export const largeHost: HostSize = { humans: 10_000, servers: 20, ceilings: 5, consents: 4 };

const tenant = defaultTenant;
const environment = "large";
/** Permit's limits of one bulk call. */
const limits = { users: 3000, instances: 3000, assignments: 2000, tuples: 1000 };

const emailOf = (human: number) => `human-${human}@example.com`;
const agentOf = (human: number) => agentKey(`https://agents.example.com/${human % 50}/client.json`, emailOf(human));
const serverOf = (human: number, at: number, { servers }: HostSize) => `server-${(human * 7 + at) % servers}`;
const levelOf = (n: number) => trustLevels[n % trustLevels.length] ?? "low";

/** What an agent asks: one of the servers its human has a ceiling on, a tool of any trust; some of it is denied. */
export function questionOf(n: number, size: HostSize): object {
  const human = n % size.humans;
  const server = serverOf(human, Math.floor(n / size.humans) % size.ceilings, size);
  const action = `tool_${levelOf(Math.floor(n / 3))}`;
  return {
    user: { key: agentOf(human) },
    action,
    resource: { type: server, key: server, tenant },
    context: {},
  };
}

/** Makes a host as the gateway has it and returns the key of its environment. */
export async function makeHost(url: string, orgKey: string, size: HostSize): Promise<string> {
  const { permit, secret } = await newEnvironment(url, orgKey, environment);
  const tools = Object.fromEntries(trustLevels.map((level) => [`tool_${level}`, level]));
  const keys = Array.from({ length: size.servers }, (_, at) => `server-${at}`);
  await provisionModel(
    permit,
    plainHost({ humans: [], servers: keys.map((key) => plainServer(key, tools)), grants: [] }),
  );

  const bulk = async (method: string, path: string, limit: number, items: readonly object[], wrapped = true) => {
    for (let from = 0; from < items.length; from += limit) {
      const some = items.slice(from, from + limit);
      const body = wrapped ? { operations: some } : some;
      const { status, body: answer } = await send(url, secret, method, `/v2/facts/default/${environment}${path}`, body);
      if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    }
  };
  const humans = Array.from({ length: size.humans }, (_, human) => human);
  const of = (count: number) => Array.from({ length: count }, (_, at) => at);
  await bulk(
    "POST",
    "/bulk/users",
    limits.users,
    humans.flatMap((human) => [{ key: humanKey(emailOf(human)), email: emailOf(human) }, { key: agentOf(human) }]),
  );
  await bulk(
    "PUT",
    "/bulk/resource_instances",
    limits.instances,
    humans.map((human) => ({ resource: userProfileType, key: profileKey(emailOf(human)), tenant })),
  );
  await bulk(
    "POST",
    "/role_assignments/bulk",
    limits.assignments,
    humans.flatMap((human) => {
      const resource_instance = profileRef(emailOf(human));
      const consented = of(size.consents).map((at) => consentRole(serverOf(human, at, size), levelOf(human + at)));
      return [
        { user: humanKey(emailOf(human)), role: ownerRole, resource_instance, tenant },
        ...consented.map((role) => ({ user: agentOf(human), role, resource_instance, tenant })),
      ];
    }),
    false,
  );
  await bulk(
    "POST",
    "/relationship_tuples/bulk",
    limits.tuples,
    humans.flatMap((human) =>
      of(size.ceilings).map((at) => ({
        subject: profileRef(emailOf(human)),
        relation: levelOf(human + 2 * at),
        object: serverRef(serverOf(human, at, size)),
      })),
    ),
  );
  return secret;
}
