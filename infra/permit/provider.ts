/**
 * The handlers as Pulumi resources. Each method is a shell, one dynamic import and one call: Pulumi stores the text of
 * these functions in the stack's state and runs it in another process, and what they capture would be stored with it.
 */
import * as pulumi from "@pulumi/pulumi";
import type { ManagedObject, ManagedState } from "./index.ts";

/** Read from the stack's configuration on each run, so that no API key is in the inputs or the state of a resource. */
interface Configured {
  connection?: { readonly apiUrl: string; readonly apiKey: string };
}

type PermitProvider = pulumi.dynamic.ResourceProvider<ManagedObject, ManagedState> & Configured;

const provider: PermitProvider = {
  async configure(request) {
    this.connection = {
      apiUrl: request.config.get("permit-mcp-gateway:permitApiUrl") ?? "https://api.permit.io",
      apiKey: request.config.require("permit-mcp-gateway:permitApiKey"),
    };
  },
  async check(_olds, news) {
    const { checkManaged } = await import("@permit-mcp-gateway/infra/permit");
    return { inputs: news, failures: checkManaged(news) };
  },
  async diff(_id, olds, news) {
    const { diffManaged } = await import("@permit-mcp-gateway/infra/permit");
    return diffManaged(olds, news);
  },
  async create(inputs) {
    const { createManaged } = await import("@permit-mcp-gateway/infra/permit");
    return createManaged(this.connection, inputs);
  },
  async read(_id, state) {
    const { readManaged } = await import("@permit-mcp-gateway/infra/permit");
    return readManaged(this.connection, state);
  },
  async update(_id, _olds, news) {
    const { updateManaged } = await import("@permit-mcp-gateway/infra/permit");
    return updateManaged(this.connection, news);
  },
  async delete(_id, state) {
    const { deleteManaged } = await import("@permit-mcp-gateway/infra/permit");
    return deleteManaged(this.connection, state);
  },
};

/** Arguments of every Permit resource. */
type PermitResourceArgs = { [Name in keyof ManagedObject]: pulumi.Input<ManagedObject[Name]> };

/** The environment that is the host. */
export class PermitEnvironment extends pulumi.dynamic.Resource {
  /** The environment's own API key. A secret. */
  declare readonly apiKey: pulumi.Output<string>;

  constructor(name: string, args: PermitResourceArgs, options?: pulumi.CustomResourceOptions) {
    const secret = pulumi.mergeOptions(options, { additionalSecretOutputs: ["apiKey"] });
    super(provider, name, { ...args, apiKey: undefined }, secret, "permit", "Environment");
  }
}

/** A resource type with its actions, roles, derivations and relations. */
export class PermitResourceType extends pulumi.dynamic.Resource {
  constructor(name: string, args: PermitResourceArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options, "permit", "ResourceType");
  }
}

/** A resource instance with its attributes. */
export class PermitResourceInstance extends pulumi.dynamic.Resource {
  constructor(name: string, args: PermitResourceArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options, "permit", "ResourceInstance");
  }
}

/** All humans of the host. */
export class PermitHumans extends pulumi.dynamic.Resource {
  constructor(name: string, args: PermitResourceArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options, "permit", "Humans");
  }
}

/** The ceilings on one server. */
export class PermitServerGrants extends pulumi.dynamic.Resource {
  constructor(name: string, args: PermitResourceArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options, "permit", "ServerGrants");
  }
}

/** The admins of the host. */
export class PermitHostMembers extends pulumi.dynamic.Resource {
  constructor(name: string, args: PermitResourceArgs, options?: pulumi.CustomResourceOptions) {
    super(provider, name, { ...args }, options, "permit", "HostMembers");
  }
}
