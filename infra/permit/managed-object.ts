import { isDeepStrictEqual } from "node:util";
import { consentRole, trustLevels } from "@permit-mcp-gateway/policies";
import type { OrganizationClient } from "./client.ts";
import { environment } from "./environment.ts";
import { ifFound, type Step } from "./handler.ts";
import { type EnvironmentInputs, environmentPlan } from "./managed/environment.ts";
import { isSamePolicy, type PolicyRecordInputs, policyRecordDifference } from "./managed/policy-record.ts";
import { type InnerInputs, kindOf, type ManagedInputs } from "./managed/resources.ts";
import { takeoverRefusal } from "./managed/takeover.ts";
import type { UserProfileInputs } from "./managed/user-profile.ts";
import { type Inspection, inspect, inspectWith } from "./objects.ts";
import { organizationOf, type ProviderSettings } from "./provider-settings.ts";
import { provisionedServers } from "./provisioned-servers.ts";
import { exceededQuotas, permitPlans } from "./quotas.ts";
import { PermitRequestError } from "./request-error.ts";
import { deleteResourceTypeStep } from "./resource-type.ts";

/** What is kept in the state of a Pulumi resource: its inputs, and of an environment its API key, a secret. */
export type ManagedState = ManagedInputs & { readonly apiKey?: string };

const permitKeyPattern = /^[A-Za-z0-9\-_]+$/;

/** What identifies a resource: a change of one of these makes it another resource. */
const identifying = ["kind", "project", "environment", "server", "host"] as const;

function path(inputs: ManagedInputs): readonly string[] {
  if (inputs.kind === "environment") return [];
  return inputs.kind === "policy-record" ? ["policy"] : kindOf(inputs).path(inputs);
}

/** The id of the Pulumi resource: `{project}/{environment}` and, below it, the object. */
export function managedId(inputs: ManagedInputs): string {
  return [inputs.project, inputs.environment, ...path(inputs)].join("/");
}

/** Of a state or inputs what tells them apart: Pulumi adds the provider's text to both, and the key is no input. */
function content(inputs: ManagedState): Readonly<Record<string, unknown>> {
  const { apiKey: _, __provider: __, ...rest } = inputs as ManagedState & { readonly __provider?: string };
  return rest;
}

/** What speaks against making this environment. Asks Permit, so that a preview already tells. */
async function newEnvironmentRefusals(settings: ProviderSettings, inputs: EnvironmentInputs): Promise<string[]> {
  const organization = organizationOf(settings);
  const refusal = await takeoverRefusal(organization, inputs, settings.adopt);
  if (refusal !== undefined) return [refusal];
  const quotas = permitPlans[settings.permitPlan ?? "unlimited"];
  if (quotas === undefined) return [];
  const api = await organization.management();
  const others = (await api.environments.list({ projectKey: inputs.project, perPage: 100 })).filter(
    ({ key }) => key !== inputs.environment,
  );
  return exceededQuotas({ environments: others.length + 1 }, quotas).map(
    (exceeded) => `It does not fit the Permit plan "${settings.permitPlan}": ${exceeded}.`,
  );
}

/**
 * What would be refused later, found before anything is written; empty when all is well. Runs in every preview, so this
 * is also where the difference to the policy provisioned last is told.
 */
export async function checkManaged(
  settings: ProviderSettings | undefined,
  olds: Partial<ManagedState>,
  news: ManagedInputs,
): Promise<{ property: string; reason: string }[]> {
  const wrong = [news.project, news.environment, ...path(news)].filter((key) => !permitKeyPattern.test(key));
  if (wrong.length > 0) {
    return wrong.map((key) => ({
      property: "environment",
      reason: `"${key}" is no Permit key: letters, digits, "-" and "_" only.`,
    }));
  }
  if (news.kind === "policy-record") {
    const last = olds.kind === "policy-record" ? (olds as PolicyRecordInputs) : undefined;
    if (last === undefined || !isSamePolicy(last, news)) {
      for (const line of policyRecordDifference(last, news)) settings?.tell(line);
    }
  }
  if (news.kind !== "environment" || settings === undefined) return [];
  if (olds.kind === "environment") {
    const was = managedId(olds as EnvironmentInputs);
    // Of the same environment nothing can have changed that a preview has to ask for.
    if (was === managedId(news)) return [];
    settings.tell(
      `The host moves from the Permit environment ${was} to ${managedId(news)}: the old one is deleted, with every ` +
        "consent given in it, which needs permit-mcp-gateway:deletable.",
    );
  }
  return (await newEnvironmentRefusals(settings, news)).map((reason) => ({ property: "environment", reason }));
}

/** Whether the resource must change, or be another one. */
export function diffManaged(olds: ManagedState, news: ManagedInputs): { changes: boolean; replaces: string[] } {
  const [was, is] = [content(olds), content(news)];
  const replaces = identifying.filter((key) => was[key] !== is[key]);
  if (olds.kind === "policy-record" && news.kind === "policy-record") {
    return { changes: replaces.length > 0 || !isSamePolicy(olds, news), replaces };
  }
  return { changes: replaces.length > 0 || !isDeepStrictEqual(was, is), replaces };
}

/** Reads and compares. Undefined when the environment of an object does not exist, and so neither does the object. */
async function inspectManaged(
  organization: OrganizationClient,
  inputs: ManagedInputs,
): Promise<readonly Inspection[] | undefined> {
  if (inputs.kind === "policy-record") return [];
  if (inputs.kind === "environment") return [await inspectWith(environment, organization, environmentPlan(inputs))];
  const client = await ifFound(organization.environment(inputs));
  if (client === undefined) return undefined;
  const found: Inspection[] = [];
  for (const object of kindOf<InnerInputs>(inputs).objects(inputs)) found.push(await inspect(client, object));
  return found;
}

async function run(steps: readonly Step[]): Promise<void> {
  for (const step of steps) await step.run();
}

/** What a lost answer leaves open: the write may have happened. */
const isLost = (error: unknown) => error instanceof PermitRequestError && (error.status === 0 || error.status >= 500);
const attemptsMax = 4;
const repeatDelayMs = 2_000;

/**
 * Makes the object what the inputs say. A write whose answer was lost is not sent again blindly: what is there is read,
 * and what is still missing is done, so repeating is safe for every kind of write. Throws when the environment is gone.
 */
async function converge(settings: ProviderSettings, inputs: ManagedInputs): Promise<ManagedState> {
  const organization = organizationOf(settings);
  for (let attempt = 1; ; attempt += 1) {
    const found = await inspectManaged(organization, inputs);
    if (found === undefined) {
      const { project, environment } = inputs;
      throw new Error(`The Permit environment ${project}/${environment} does not exist any more. Run pulumi refresh.`);
    }
    const steps = found.flatMap((inspection) => inspection.steps);
    try {
      await run(steps.filter(({ effect }) => effect === "tighten"));
      await run(steps.filter(({ effect }) => effect === "widen"));
      return await stateOf(organization, inputs);
    } catch (error) {
      if (!isLost(error) || attempt >= attemptsMax) throw error;
      settings.tell(`${(error as Error).message} Looking at what is there and going on.`);
      await settings.wait(repeatDelayMs * attempt);
    }
  }
}

async function stateOf(organization: OrganizationClient, inputs: ManagedInputs): Promise<ManagedState> {
  const plain = content(inputs) as unknown as ManagedInputs;
  if (inputs.kind !== "environment") return plain;
  return { ...plain, apiKey: await organization.environmentKey(inputs) };
}

/** Removes the servers of an adopted host that its policy has no more: no resource of this stack would. */
async function removeOtherServers(organization: OrganizationClient, profile: UserProfileInputs): Promise<void> {
  const client = await ifFound(organization.environment(profile));
  if (client === undefined) return;
  for (const server of await provisionedServers(client)) {
    const kept = trustLevels.some((level) => profile.roles[consentRole(server, level)] !== undefined);
    if (!kept) await deleteResourceTypeStep(client, server).run();
  }
}

/** Creates the object. What a broken-off run left of it is completed. */
export async function createManaged(
  settings: ProviderSettings | undefined,
  inputs: ManagedInputs,
): Promise<{ id: string; outs: ManagedState }> {
  const configured = requireSettings(settings);
  const organization = organizationOf(configured);
  if (inputs.kind === "environment") {
    const refusal = await takeoverRefusal(organization, inputs, configured.adopt);
    if (refusal !== undefined) throw new Error(refusal);
  }
  if (inputs.kind === "user-profile") await removeOtherServers(organization, inputs);
  return { id: managedId(inputs), outs: await converge(configured, inputs) };
}

/** What Permit has of the object, as state and as inputs. Without an id in the answer the object is gone. */
export async function readManaged(
  settings: ProviderSettings | undefined,
  state: ManagedState,
): Promise<{ id?: string; props?: ManagedState; inputs?: ManagedInputs }> {
  if (state.kind === undefined)
    throw new Error("Set permit-mcp-gateway:adopt to take over a host: see infra/README.md.");
  const organization = organizationOf(requireSettings(settings));
  const id = managedId(state);
  if (state.kind === "policy-record") return { id, props: state };
  if (state.kind === "environment") {
    const found = await environment.read(organization, environmentPlan(state));
    if (found === undefined) return {};
    const inputs = { ...(content(state) as unknown as EnvironmentInputs), name: found.name };
    return { id, inputs, props: { ...inputs, apiKey: await organization.environmentKey(state) } };
  }
  const client = await ifFound(organization.environment(state));
  const inputs = client && (await kindOf<InnerInputs>(state).read(client, content(state) as unknown as InnerInputs));
  return inputs === undefined ? {} : { id, inputs, props: { ...inputs } };
}

/** Makes the object what the inputs say. Compares with Permit and not with the state, so it repairs drift as well. */
export async function updateManaged(
  settings: ProviderSettings | undefined,
  inputs: ManagedInputs,
): Promise<{ outs: ManagedState }> {
  return { outs: await converge(requireSettings(settings), inputs) };
}

/** Removes the object and what hangs on it. One that is gone is fine. */
export async function deleteManaged(settings: ProviderSettings | undefined, state: ManagedState): Promise<void> {
  // The first object takes the others along: a type its instance.
  const [first] = (await inspectManaged(organizationOf(requireSettings(settings)), state)) ?? [];
  await run(first?.removal ?? []);
}

function requireSettings(settings: ProviderSettings | undefined): ProviderSettings {
  if (settings !== undefined) return settings;
  throw new Error("The Permit resources are not configured. Set permit-mcp-gateway:permitApiKey in the stack.");
}
