/** What a policy may require of a gateway (`policies/src/features.ts`), and what this one has of it. */
import type { Feature } from "@permit-mcp-gateway/policies";
import type { HostDirectory, HostSettings } from "./deps/host-settings.ts";
import { GatewayError } from "./errors.ts";

/** Everything else that a policy requires is refused. A name stands here once what it stands for is enforced. */
export const supportedFeatures: readonly string[] = [
  "audit-arguments",
  "audit-before-call",
  "audit-retention",
  "call-limits",
  "clients",
  "dynamic-servers",
  "further-methods",
  "prompts-trust",
  "rate-limits",
  "resources-trust",
  "sign-in-domains",
  "sign-in-otp",
  "sign-in-passkey",
  "sign-in-google",
  "sign-in-github",
  "sign-in-microsoft",
  "sign-in-saml",
  "sign-in-oidc",
  "upstream-header",
  "upstream-oauth",
  "upstream-sse",
  "upstream-stdio",
] satisfies Feature[];

/** Something of the policy, with the features that it needs and this gateway does not have. */
export interface Requiring {
  readonly unsupported: readonly string[];
}

/** `what` begins the sentence, for example `The policy of this host`. Throws GatewayError POLICY_UNSUPPORTED. */
export function assertSupported(what: string, { unsupported }: Requiring): void {
  if (unsupported.length > 0) {
    throw new GatewayError("POLICY_UNSUPPORTED", {
      sentence: `${unsupportedSentence(what, unsupported)} Ask an admin.`,
    });
  }
}

function unsupportedSentence(what: string, unsupported: readonly string[]): string {
  return `${what} needs ${unsupported.join(", ")}, which this gateway does not have: update it, or change the policy.`;
}

/** Everything of a host that is refused, with what it needs: for the log of whoever runs the gateway. */
export function refusedOf(host: HostSettings): string[] {
  const servers = [...host.servers.values()];
  const all: [string, Requiring][] = [
    ["the host", host],
    ...servers.map((server): [string, Requiring] => [server.key, server]),
    ...servers.flatMap(({ key, tools }) =>
      [...tools.values()].map((tool): [string, Requiring] => [`${key}/${tool.name}`, tool]),
    ),
  ];
  return all.flatMap(([what, { unsupported }]) =>
    unsupported.length === 0 ? [] : [`${what}: ${unsupported.join(", ")}`],
  );
}

/** Why the gateway can't serve its host, for the readiness check; undefined when it can. Never throws. */
export function policyProblem(directory: HostDirectory): string | undefined {
  try {
    const { unsupported } = directory.settings();
    return unsupported.length === 0 ? undefined : unsupportedSentence("The policy of this host", unsupported);
  } catch {
    return "The host's settings were never read from Permit. Is the host provisioned and the API key right?";
  }
}
