import { type Day, type HostModel, type PermitObject, plan } from "@permit-mcp-gateway/policies";
import * as pulumi from "@pulumi/pulumi";
import {
  PermitEnvironment,
  PermitHostMembers,
  PermitHumans,
  PermitResourceInstance,
  PermitResourceType,
  PermitServerGrants,
} from "../permit/provider.ts";

/** What a host is made of. */
export interface HostArgs {
  readonly model: HostModel;
  /** The day whose grants are provisioned. */
  readonly today: Day;
}

/** What one plan object becomes. Names come from the component and from the object's key, which is what identifies it. */
function addObject(
  name: string,
  object: Exclude<PermitObject, { kind: "environment" }>,
  environment: { readonly project: string; readonly environment: string },
  options: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const args = { environment, object };
  switch (object.kind) {
    case "resource-type":
      return new PermitResourceType(`${name}-type-${object.key}`, args, options);
    case "resource-instance":
      return new PermitResourceInstance(`${name}-instance-${object.resource}`, args, options);
    case "humans":
      return new PermitHumans(`${name}-humans`, args, options);
    case "server-grants":
      return new PermitServerGrants(`${name}-grants-${object.server}`, args, options);
    case "host-members":
      return new PermitHostMembers(`${name}-members`, args, options);
  }
}

/** A gateway host in Permit: one environment and everything in it, as the policy files say. */
export class Host extends pulumi.ComponentResource {
  /** API key of the environment, for the gateway and the decision point. A secret. */
  readonly environmentKey: pulumi.Output<string>;

  constructor(name: string, args: HostArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:index:Host", name, {}, options);
    const [first, ...objects] = plan(args.model, args.today);
    if (first?.kind !== "environment") throw new TypeError("A plan begins with its environment.");
    const environment = { project: first.project, environment: first.key };
    const made = new PermitEnvironment(`${name}-environment`, { environment, object: first }, { parent: this });
    let previous: pulumi.Resource = made;
    for (const object of objects) {
      if (object.kind === "environment") throw new TypeError("A plan has one environment.");
      previous = addObject(name, object, environment, {
        parent: this,
        // The plan's order is the contract: each object may refer to any earlier one, and the last one opens the host.
        dependsOn: [previous],
        // The environment takes all that is in it along.
        deletedWith: made,
      });
    }
    this.environmentKey = pulumi.secret(made.apiKey);
    this.registerOutputs({ environmentKey: this.environmentKey });
  }
}
