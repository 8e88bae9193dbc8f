/** The servers that humans enter by URL, as the policy decides on them: one server that stands for them all. */
import { silentAudit } from "./call-audit.ts";
import type { CheckedFiles } from "./host-model.ts";
import type { ServerModel, ToolModel } from "./model.ts";
import { connectDynamicAction, dynamicServersKey } from "./permit-keys.ts";
import { maxAnswerMegabytesDefault } from "./schema/server-file.ts";
import { reaches, type TrustLevel, trustLevels } from "./trust.ts";

/** The "tools" of that server: entering one, and a call of each trust, whatever the tool is called there. */
export const dynamicTools: Readonly<Record<string, TrustLevel>> = {
  [connectDynamicAction]: "low",
  ...Object.fromEntries(trustLevels.map((level) => [level, level])),
};

/**
 * The server, where the host lets humans enter their own. It is granted like every other one, so its ceilings, consents
 * and decisions are those that are proven and compared of every server.
 */
export function dynamicServersModel({ value, source }: CheckedFiles["host"]): readonly ServerModel[] {
  const { dynamicServers, approval } = value;
  if (!dynamicServers.enabled) return [];
  const at = source.positionOf(["dynamicServers"]);
  const { from } = approval;
  const rule = { scope: "host", source: source.positionOf(["approval", "from"]) } as const;
  return [
    {
      key: dynamicServersKey,
      name: "Servers of one's own",
      description: "MCP servers that a human enters by URL, for themselves only.",
      url: undefined,
      transport: { type: "http" },
      auth: { type: "none" },
      timeoutSeconds: undefined,
      maxAnswerMegabytes: maxAnswerMegabytesDefault,
      listTools: "effective",
      resources: "low",
      prompts: "low",
      methods: {},
      consentDays: undefined,
      rateLimit: undefined,
      audit: silentAudit,
      tools: Object.entries(dynamicTools).map(([name, trust]): ToolModel => {
        const waits = name !== connectDynamicAction && from !== undefined && reaches(trust, from);
        const approvals = waits ? [rule] : [];
        const plain = {
          timeoutSeconds: undefined,
          rateLimit: undefined,
          audit: silentAudit,
          definition: undefined,
          source: at,
        };
        return { name, action: name, trust, enabled: true, approval: approvals, ...plain };
      }),
      source: at,
    },
  ];
}
