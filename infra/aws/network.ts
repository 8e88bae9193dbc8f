import * as ec2 from "@pulumi/aws/ec2/index.js";
import { getAvailabilityZonesOutput } from "@pulumi/aws/getAvailabilityZones.js";
import * as pulumi from "@pulumi/pulumi";
import type { Account } from "./account.ts";
import { FlowLogs } from "./flow-logs.ts";
import type { LogSettings } from "./log-settings.ts";
import { NetworkEndpoints } from "./network-endpoints.ts";
import type { NetworkLayout } from "./network-layout.ts";
import type { NewNetworkSettings } from "./platform-settings.ts";
import { planSubnets } from "./subnet-plan.ts";

export interface NetworkArgs extends NewNetworkSettings {
  readonly account: Account;
  readonly logs: LogSettings;
}

/**
 * A VPC over two or three zones. Only the load balancer's subnets can be reached from outside; tasks have a way out and
 * no address; databases have neither.
 */
export class Network extends pulumi.ComponentResource implements NetworkLayout {
  readonly vpcId: pulumi.Output<string>;
  readonly publicSubnetIds: pulumi.Output<readonly string[]>;
  readonly publicSubnetCidrs: pulumi.Output<readonly string[]>;
  readonly privateSubnetIds: pulumi.Output<readonly string[]>;
  readonly privateSubnetCidrs: pulumi.Output<readonly string[]>;
  readonly databaseSubnetIds: pulumi.Output<readonly string[]>;

  constructor(name: string, args: NetworkArgs, options?: pulumi.ComponentResourceOptions) {
    super("permit-mcp-gateway:aws:Network", name, {}, options);
    const own = { parent: this };
    const vpc = new ec2.Vpc(name, { cidrBlock: args.cidr, enableDnsHostnames: true, enableDnsSupport: true }, own);
    const vpcId = vpc.id;
    // The group that AWS gives to whatever names none lets all of its members reach each other. Taken over, it has no rules.
    new ec2.DefaultSecurityGroup(`${name}-default`, { vpcId, ingress: [], egress: [] }, own);
    new FlowLogs(`${name}-flow-logs`, { account: args.account, vpcId, logs: args.logs }, own);
    const gateway = new ec2.InternetGateway(name, { vpcId }, own);

    const zones = getAvailabilityZonesOutput(
      // Local Zones and Wavelength Zones have no NAT gateways and no Aurora.
      { state: "available", filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }] },
      own,
    );
    const subnets = planSubnets(args.cidr, args.zones).map((ranges, index) => {
      const number = index + 1;
      const availabilityZone = zones.names.apply((names) => {
        const zone = names[index];
        if (zone === undefined) throw new pulumi.RunError(`The region has no ${args.zones} availability zones.`);
        return zone;
      });
      const add = (kind: "public" | "private" | "data") => {
        const args = { vpcId, availabilityZone, cidrBlock: ranges[kind], mapPublicIpOnLaunch: false };
        return new ec2.Subnet(`${name}-${kind}-${number}`, args, own);
      };
      return { number, public: add("public"), private: add("private"), data: add("data") };
    });

    const route = (label: string, target: Partial<ec2.RouteArgs> | undefined, members: readonly ec2.Subnet[]) => {
      const table = new ec2.RouteTable(`${name}-${label}`, { vpcId }, own);
      if (target !== undefined) {
        new ec2.Route(
          `${name}-${label}`,
          { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", ...target },
          own,
        );
      }
      for (const [index, subnet] of members.entries()) {
        const args = { routeTableId: table.id, subnetId: subnet.id };
        new ec2.RouteTableAssociation(`${name}-${label}-${index + 1}`, args, own);
      }
      return table;
    };
    route(
      "public",
      { gatewayId: gateway.id },
      subnets.map((zone) => zone.public),
    );
    const data = route(
      "data",
      undefined,
      subnets.map((zone) => zone.data),
    );
    const nat = (zone: (typeof subnets)[number]) => {
      const label = `${name}-nat-${zone.number}`;
      const address = new ec2.Eip(label, { domain: "vpc" }, { ...own, dependsOn: gateway });
      return new ec2.NatGateway(label, { subnetId: zone.public.id, allocationId: address.id }, own);
    };
    const shared = args.natGateways === "single" && subnets[0] !== undefined ? nat(subnets[0]) : undefined;
    const priv = subnets.map((zone) =>
      route(`private-${zone.number}`, { natGatewayId: (shared ?? nat(zone)).id }, [zone.private]),
    );
    new NetworkEndpoints(
      `${name}-endpoints`,
      {
        account: args.account,
        vpcId,
        cidr: args.cidr,
        routeTableIds: [...priv, data].map(({ id }) => id),
        // The gateway endpoint of S3 is free; those that are interfaces cost by the hour and zone.
        subnetIds: args.endpoints ? subnets.map((zone) => zone.private.id) : undefined,
      },
      own,
    );

    const ids = (kind: "public" | "private" | "data") => pulumi.all(subnets.map((zone) => zone[kind].id));
    const cidrs = (kind: "public" | "private") =>
      pulumi.all(subnets.map((zone) => zone[kind].cidrBlock.apply((cidr) => cidr ?? "")));
    this.vpcId = vpcId;
    this.publicSubnetIds = ids("public");
    this.publicSubnetCidrs = cidrs("public");
    this.privateSubnetIds = ids("private");
    this.privateSubnetCidrs = cidrs("private");
    this.databaseSubnetIds = ids("data");
    this.registerOutputs({ vpcId });
  }
}
