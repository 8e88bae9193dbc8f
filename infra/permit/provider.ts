/**
 * The handlers as Pulumi resources. Each method is a shell, one dynamic import and one call: Pulumi stores the text of
 * these functions in the stack's state and runs it in another process, and what they capture would be stored with it.
 */
import * as pulumi from "@pulumi/pulumi";
import type { ManagedInputs, ManagedState, PolicyRecordInputs, ProviderSettings } from "./index.ts";

/** Read from the stack's configuration on each run, so that no API key is in the inputs or the state of a resource. */
interface Configured {
  settings?: ProviderSettings;
}

type PermitProvider = pulumi.dynamic.ResourceProvider<ManagedInputs, ManagedState> & Configured;

const provider: PermitProvider = {
  async configure(request) {
    const { providerSettings } = await import("@permit-mcp-gateway/infra/permit");
    this.settings = providerSettings({
      permitApiUrl: request.config.get("permit-mcp-gateway:permitApiUrl"),
      permitApiKey: request.config.require("permit-mcp-gateway:permitApiKey"),
      permitPlan: request.config.get("permit-mcp-gateway:permitPlan"),
      permitRateLimits: request.config.get("permit-mcp-gateway:permitRateLimits"),
      adopt: request.config.get("permit-mcp-gateway:adopt"),
    });
  },
  async check(olds, news) {
    const { checkManaged } = await import("@permit-mcp-gateway/infra/permit");
    return { inputs: news, failures: await checkManaged(this.settings, olds, news) };
  },
  async diff(_id, olds, news) {
    const { diffManaged } = await import("@permit-mcp-gateway/infra/permit");
    return diffManaged(olds, news);
  },
  async create(inputs) {
    const { createManaged } = await import("@permit-mcp-gateway/infra/permit");
    return createManaged(this.settings, inputs);
  },
  async read(_id, state) {
    const { readManaged } = await import("@permit-mcp-gateway/infra/permit");
    return readManaged(this.settings, state as ManagedState);
  },
  async update(_id, _olds, news) {
    const { updateManaged } = await import("@permit-mcp-gateway/infra/permit");
    return updateManaged(this.settings, news);
  },
  async delete(_id, state) {
    const { deleteManaged } = await import("@permit-mcp-gateway/infra/permit");
    return deleteManaged(this.settings, state);
  },
};

/** Pulumi's name of each kind of resource, `pulumi-nodejs:dynamic/permit:{name}`. */
const typeNames = {
  environment: "Environment",
  "user-profile": "UserProfile",
  server: "Server",
  humans: "Humans",
  "server-grants": "ServerGrants",
  "gateway-host": "GatewayHost",
  "host-members": "HostMembers",
} as const satisfies Readonly<Record<Exclude<ManagedInputs, PolicyRecordInputs>["kind"], string>>;

/** One object of a host in Permit, or a few that belong together. */
export class PermitResource extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    inputs: Exclude<ManagedInputs, PolicyRecordInputs>,
    options?: pulumi.CustomResourceOptions,
  ) {
    super(provider, name, { ...inputs }, options, "permit", typeNames[inputs.kind]);
  }
}

/** The environment that is the host. */
export class PermitEnvironment extends pulumi.dynamic.Resource {
  /** The environment's own API key. A secret. */
  declare readonly apiKey: pulumi.Output<string>;

  constructor(
    name: string,
    inputs: Extract<ManagedInputs, { kind: "environment" }>,
    options?: pulumi.CustomResourceOptions,
  ) {
    const secret = pulumi.mergeOptions(options, { additionalSecretOutputs: ["apiKey"] });
    super(provider, name, { ...inputs, apiKey: undefined }, secret, "permit", typeNames.environment);
  }
}

/** The policy that was provisioned last: nothing in Permit. */
export class PolicyRecord extends pulumi.dynamic.Resource {
  constructor(name: string, inputs: PolicyRecordInputs, options?: pulumi.CustomResourceOptions) {
    // As a secret only because a preview would show the packed text otherwise.
    const { policy, ...rest } = inputs;
    super(provider, name, { ...rest, policy: pulumi.secret(policy) }, options, "permit", "PolicyRecord");
  }
}
