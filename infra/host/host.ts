import { type Day, type HostModel, type PermitObject, plan } from "@permit-mcp-gateway/policies";
import * as pulumi from "@pulumi/pulumi";
import { policyRecord } from "../permit/managed/policy-record.ts";
import { type InnerInputs, managedResources } from "../permit/managed/resources.ts";
import { PermitEnvironment, PermitResource, PolicyRecord } from "../permit/provider.ts";
import { exceededQuotas, type PermitPlanName, permitPlans, quotaNeeds } from "../permit/quotas.ts";

/** What a host is made of. */
export interface HostArgs {
  readonly model: HostModel;
  /** The day whose grants are provisioned. */
  readonly today: Day;
  /** The Permit plan of the organization. Left out: not known, so what does not fit the free one is a warning. */
  readonly permitPlan?: PermitPlanName | undefined;
  /** Whether the environment may be deleted, with every consent given in it. Left out: it may not. */
  readonly deletable?: boolean | undefined;
}

/** Names come from the component and from the object's key, which is what identifies it. */
function nameOf(name: string, inputs: InnerInputs): string {
  switch (inputs.kind) {
    case "server":
      return `${name}-server-${inputs.server}`;
    case "server-grants":
      return `${name}-grants-${inputs.server}`;
    case "user-profile":
    case "humans":
    case "gateway-host":
    case "host-members":
      return `${name}-${inputs.kind}`;
  }
}

/** A gateway host in Permit: one environment and everything in it, as the policy files say. */
export class Host extends pulumi.ComponentResource {
  /** API key of the environment, for the gateway and the decision point. A secret. */
  readonly environmentKey: pulumi.Output<string>;

  /** Throws a RunError when the host does not fit the quotas of `permitPlan`. */
  constructor(name: string, args: HostArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:index:Host", name, {}, options);
    const objects = plan(args.model, args.today);
    this.checkQuotas(objects, args.permitPlan);
    const [environment, ...inner] = managedResources(objects);
    const made = new PermitEnvironment(`${name}-environment`, environment, {
      parent: this,
      protect: args.deletable !== true,
    });
    const child = (previous: pulumi.Resource): pulumi.CustomResourceOptions => ({
      parent: this,
      // The plan's order is the contract: each object may refer to any earlier one, and the last one opens the host.
      dependsOn: [previous],
      // The environment takes all that is in it along.
      deletedWith: made,
    });
    let previous: pulumi.Resource = made;
    for (const inputs of inner) previous = new PermitResource(nameOf(name, inputs), inputs, child(previous));
    new PolicyRecord(`${name}-policy`, policyRecord(args.model, args.today), child(previous));
    this.environmentKey = pulumi.secret(made.apiKey);
    this.registerOutputs({ environmentKey: this.environmentKey });
  }

  /** Says before anything is written what would be refused in the middle of it. */
  private checkQuotas(objects: readonly PermitObject[], named: PermitPlanName | undefined): void {
    const name = named ?? "community";
    const quotas = permitPlans[name];
    const exceeded = quotas === undefined ? [] : exceededQuotas(quotaNeeds(objects), quotas);
    if (exceeded.length === 0) return;
    const sentence = `The host does not fit the Permit plan "${name}" (${exceeded.join("; ")}).`;
    if (named !== undefined) throw new pulumi.RunError(`${sentence} Use a larger plan, or a smaller host.`);
    void pulumi.log.warn(`${sentence} If yours is larger, set permit-mcp-gateway:permitPlan to unlimited.`, this);
  }
}
