import { z } from "zod";
import { containersOf, type Law, ofType, type Stack } from "./law.ts";

const rule = {
  securityGroupId: z.string(),
  ipProtocol: z.string(),
  fromPort: z.number(),
  toPort: z.number(),
  cidrIpv4: z.string().optional(),
  cidrIpv6: z.string().optional(),
  prefixListId: z.string().optional(),
  referencedSecurityGroupId: z.string().optional(),
};

/** Addresses of a company's or a cloud's own network (RFC 1918). */
const isPrivate = (cidr: string) => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(cidr);

const ingressRules = (stack: Stack) => ofType(stack, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", rule);

/** From outside only HTTPS, and HTTP that is redirected, and that at the load balancer. */
export const onlyHttpsFromOutside: Law = (stack) =>
  ingressRules(stack)
    .filter(
      ({ cidrIpv4, referencedSecurityGroupId }) => !(cidrIpv4 && isPrivate(cidrIpv4)) && !referencedSecurityGroupId,
    )
    .filter(
      ({ securityGroupId, fromPort, toPort, ipProtocol }) =>
        !securityGroupId.includes("load-balancer") ||
        ipProtocol !== "tcp" ||
        fromPort !== toPort ||
        ![80, 443].includes(fromPort),
    )
    .map(({ name, fromPort, toPort }) => `${name} opens ${fromPort}-${toPort} to the outside`);

/** Rules are resources of their own, which the laws here see: no group has any inline. */
export const noInlineRules: Law = (stack) => [
  ...["SecurityGroup", "DefaultSecurityGroup"].flatMap((kind) =>
    ofType(stack, `aws:ec2/${kind[0]?.toLowerCase()}${kind.slice(1)}:${kind}`, {
      ingress: z.array(z.unknown()).default([]),
      egress: z.array(z.unknown()).default([]),
    })
      .filter(({ ingress, egress }) => ingress.length + egress.length > 0)
      .map(({ name }) => `${name} has inline rules`),
  ),
  ...stack.all
    .filter(
      ({ type }) => type === "aws:ec2/securityGroupRule:SecurityGroupRule" || type.startsWith("aws:ec2/networkAcl"),
    )
    .map(({ name }) => `${name} is a kind of rule that no law looks at`),
];

/** Nothing but the load balancer and the NAT has a public address. */
export const noPublicAddresses: Law = (stack) => [
  ...ofType(stack, "aws:ecs/service:Service", {
    launchType: z.string(),
    networkConfiguration: z.object({ assignPublicIp: z.boolean(), subnets: z.array(z.string()) }),
  })
    .filter(
      ({ networkConfiguration: { assignPublicIp, subnets } }) =>
        assignPublicIp || subnets.some((id) => /public/.test(id)),
    )
    .map(({ name }) => `${name} gives its tasks public addresses`),
  ...ofType(stack, "aws:rds/clusterInstance:ClusterInstance", { publiclyAccessible: z.boolean() })
    .filter(({ publiclyAccessible }) => publiclyAccessible)
    .map(({ name }) => `${name} has a public address`),
  ...ofType(stack, "aws:ec2/subnet:Subnet", { mapPublicIpOnLaunch: z.boolean() })
    .filter(({ mapPublicIpOnLaunch }) => mapPublicIpOnLaunch)
    .map(({ name }) => `${name} gives public addresses to all that is in it`),
  ...stack.all
    .filter(({ type, name }) => type === "aws:ec2/eip:Eip" && !name.includes("-nat-"))
    .map(({ name }) => `${name} is a public address`),
];

/** The decision point, whose port asks for a key and whose OPA asks for none, is reached from its own task only. */
export const decisionPointOnlyInTheTask: Law = (stack) => {
  const containers = containersOf(stack);
  const ports = [7000, 7001, 8181];
  const open = (name: string, from: number, to: number) =>
    ports.filter((port) => from <= port && port <= to).map((port) => `${name} leads to port ${port}`);
  return [
    ...containers
      .filter(({ name, portMappings }) => name !== "gateway" && portMappings.length > 0)
      .map(({ name }) => `${name} publishes a port`),
    ...containers
      .filter(({ name }) => name === "gateway")
      .flatMap(({ name, portMappings, environment }) => [
        ...portMappings.flatMap(({ containerPort }) => open(name, containerPort, containerPort)),
        ...(environment.some(({ name, value }) => name === "PERMIT_PDP_URL" && value === "http://127.0.0.1:7000")
          ? []
          : [`${name} asks a decision point elsewhere`]),
      ]),
    ...ingressRules(stack).flatMap(({ name, fromPort, toPort }) => open(name, fromPort, toPort)),
    ...ofType(stack, "aws:lb/targetGroup:TargetGroup", { port: z.number() }).flatMap(({ name, port }) =>
      open(name, port, port),
    ),
  ];
};

/** Clients speak TLS 1.2 or later to a load balancer that refuses what is ambiguous, behind a firewall, and is logged. */
export const strictLoadBalancer: Law = (stack) => {
  const balancers = ofType(stack, "aws:lb/loadBalancer:LoadBalancer", {
    desyncMitigationMode: z.string(),
    dropInvalidHeaderFields: z.boolean(),
    enableWafFailOpen: z.boolean(),
    idleTimeout: z.number(),
    accessLogs: z.object({ enabled: z.boolean(), bucket: z.string() }),
  });
  const listeners = ofType(stack, "aws:lb/listener:Listener", {
    protocol: z.string(),
    sslPolicy: z.string().optional(),
    certificateArn: z.string().optional(),
    defaultActions: z.array(z.object({ type: z.string(), redirect: z.object({ protocol: z.string() }).optional() })),
  });
  const guarded = ofType(stack, "aws:wafv2/webAclAssociation:WebAclAssociation", { resourceArn: z.string() });
  return [
    ...balancers
      .filter(
        (each) =>
          each.desyncMitigationMode !== "strictest" ||
          !each.dropInvalidHeaderFields ||
          each.enableWafFailOpen ||
          !each.accessLogs.enabled ||
          // The longest that a policy lets a call or an approval take.
          each.idleTimeout <= 3600,
      )
      .map(({ name }) => `${name} is not strict`),
    ...listeners
      .filter(({ protocol, sslPolicy, certificateArn, defaultActions }) =>
        protocol === "HTTPS"
          ? !sslPolicy?.startsWith("ELBSecurityPolicy-TLS13-1-2-") || !certificateArn
          : defaultActions.some(({ type, redirect }) => type !== "redirect" || redirect?.protocol !== "HTTPS"),
      )
      .map(({ name }) => `${name} takes requests without TLS 1.2`),
    ...balancers.filter(() => guarded.length !== balancers.length).map(({ name }) => `${name} has no firewall`),
  ];
};
