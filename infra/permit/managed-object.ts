import { isDeepStrictEqual } from "node:util";
import type { PermitObject } from "@permit-mcp-gateway/policies";
import { connectOrganization, type EnvironmentRef, type OrganizationClient } from "./client.ts";
import { environment } from "./environment.ts";
import { ifFound, type Step } from "./handler.ts";
import type { PermitConnection } from "./http.ts";
import { type Inspection, inspect, inspectWith } from "./objects.ts";

/** One plan object and the environment it belongs to: the inputs of a Pulumi resource, as plain data. */
export interface ManagedObject {
  readonly environment: EnvironmentRef;
  readonly object: PermitObject;
}

/** What is kept in the state of a Pulumi resource. */
export interface ManagedState extends ManagedObject {
  /** Of an environment only: its API key. A secret. */
  readonly apiKey?: string;
  /** What a refresh found to differ from the plan, as the steps that would repair it. */
  readonly drift?: readonly string[];
}

const permitKeyPattern = /^[A-Za-z0-9\-_]+$/;

/** Which object of its kind this is, by what can't change about it. */
function identity(object: PermitObject): readonly string[] {
  switch (object.kind) {
    case "environment":
      return [];
    case "resource-type":
      return ["type", object.key];
    case "resource-instance":
      return ["instance", object.resource, object.key];
    case "humans":
      return ["humans"];
    case "server-grants":
      return ["grants", object.server];
    case "host-members":
      return ["admins", object.host];
  }
}

/** The id of the Pulumi resource: `{project}/{environment}` and, below it, the object. */
export function managedId({ environment: { project, environment }, object }: ManagedObject): string {
  return [project, environment, ...identity(object)].join("/");
}

/** What Permit would refuse, found before anything is written. Empty when all is well. */
export function checkManaged(inputs: ManagedObject): { property: string; reason: string }[] {
  const keys = [inputs.environment.project, inputs.environment.environment, ...identity(inputs.object)];
  return keys
    .filter((key) => !permitKeyPattern.test(key))
    .map((key) => ({ property: "object", reason: `"${key}" is no Permit key: letters, digits, "-" and "_" only.` }));
}

/** Whether the resource must change, or be another one. */
export function diffManaged(olds: ManagedState, news: ManagedObject): { changes: boolean; replaces: string[] } {
  const replaces = managedId(olds) === managedId(news) ? [] : ["environment", "object"];
  const drifted = (olds.drift ?? []).length > 0;
  return { changes: replaces.length > 0 || drifted || !isDeepStrictEqual(olds.object, news.object), replaces };
}

const organizations = new Map<string, OrganizationClient>();

/** One client per process and key: Pulumi calls for each resource, and each new client asks for scope and keys again. */
function organizationOf(connection: PermitConnection | undefined): OrganizationClient {
  if (connection === undefined) {
    throw new Error("The Permit resources are not configured. Set permit-mcp-gateway:permitApiKey in the stack.");
  }
  const key = JSON.stringify([connection.apiUrl, connection.apiKey]);
  const known = organizations.get(key) ?? connectOrganization(connection);
  organizations.set(key, known);
  return known;
}

/** Undefined when the object's environment does not exist, and so neither does the object. */
async function inspectManaged(
  organization: OrganizationClient,
  managed: ManagedObject,
): Promise<Inspection | undefined> {
  const { object } = managed;
  if (object.kind === "environment") return inspectWith(environment, organization, object);
  const client = await ifFound(organization.environment(managed.environment));
  return client === undefined ? undefined : inspect(client, object);
}

/** Makes the object what the inputs say. Throws when its environment does not exist. */
async function converge(organization: OrganizationClient, inputs: ManagedObject, found: Inspection | undefined) {
  if (found === undefined) {
    const { project, environment } = inputs.environment;
    throw new Error(`The Permit environment ${project}/${environment} does not exist any more. Run pulumi refresh.`);
  }
  await run(found.steps);
  return stateOf(organization, inputs);
}

async function run(steps: readonly Step[]): Promise<void> {
  for (const step of steps) await step.run();
}

async function stateOf(organization: OrganizationClient, managed: ManagedObject): Promise<ManagedState> {
  const { environment, object } = managed;
  if (object.kind !== "environment") return { environment, object };
  return { environment, object, apiKey: await organization.environmentKey(environment) };
}

/** An environment with resource types in it may be another stack's: two would take each other's objects away. */
async function refuseUsedEnvironment(organization: OrganizationClient, ref: EnvironmentRef): Promise<void> {
  const client = await organization.environment(ref);
  if ((await client.api.resources.list({ page: 1, perPage: 1 })).length === 0) return;
  throw new Error(
    `The Permit environment ${ref.project}/${ref.environment} is in use: it has resource types that this stack did ` +
      "not make. Choose another key under permit in host.yaml, or empty the environment in Permit.",
  );
}

/**
 * Creates the object. What a broken-off run left of it is completed; an existing environment is taken over only while
 * it is empty.
 */
export async function createManaged(
  connection: PermitConnection | undefined,
  inputs: ManagedObject,
): Promise<{ id: string; outs: ManagedState }> {
  const organization = organizationOf(connection);
  const found = await inspectManaged(organization, inputs);
  if (found?.present === true && inputs.object.kind === "environment") {
    await refuseUsedEnvironment(organization, inputs.environment);
  }
  return { id: managedId(inputs), outs: await converge(organization, inputs, found) };
}

/** Compares Permit with the state. Without an id in the answer the object is gone. */
export async function readManaged(
  connection: PermitConnection | undefined,
  state: ManagedObject | undefined,
): Promise<{ id?: string; props?: ManagedState }> {
  if (state?.object === undefined) throw new Error("Permit resources can't be imported: let the stack create them.");
  const organization = organizationOf(connection);
  const found = await inspectManaged(organization, state);
  if (found?.present !== true) return {};
  const props = await stateOf(organization, state);
  const drift = found.steps.map((step) => step.summary);
  return { id: managedId(state), props: drift.length === 0 ? props : { ...props, drift } };
}

/** Makes the object what the inputs say. Compares with Permit and not with the state, so it repairs drift as well. */
export async function updateManaged(
  connection: PermitConnection | undefined,
  inputs: ManagedObject,
): Promise<{ outs: ManagedState }> {
  const organization = organizationOf(connection);
  return { outs: await converge(organization, inputs, await inspectManaged(organization, inputs)) };
}

/** Removes the object and what hangs on it. One that is gone is fine. */
export async function deleteManaged(connection: PermitConnection | undefined, state: ManagedObject): Promise<void> {
  await run((await inspectManaged(organizationOf(connection), state))?.removal ?? []);
}
