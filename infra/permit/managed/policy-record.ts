import { gunzipSync, gzipSync } from "node:zlib";
import type { Day, HostModel } from "@permit-mcp-gateway/policies";
import { policyDifference } from "@permit-mcp-gateway/policies/difference";
import type { Located } from "./kind.ts";

/**
 * The policy that was provisioned last, whole: the last resource of a host, so it changes only once all others have.
 * Nothing in Permit; it is what the next preview compares with.
 */
export interface PolicyRecordInputs extends Located {
  readonly kind: "policy-record";
  /** The day of the run. That it is another day is no change. */
  readonly on: Day;
  /** A HostModel as JSON, without places in files and texts of tools: gzip, base64. */
  readonly policy: string;
}

const nowhere = { file: "", line: 1, column: 1 };

/** Keeps what decides: lines of files move without a difference, and of a definition the digest tells. */
function keptOf(key: string, value: unknown): unknown {
  if (key === "source") return nowhere;
  if (key !== "definition" || typeof value !== "object" || value === null) return value;
  return { inputSchema: {}, digest: (value as { readonly digest: string }).digest };
}

/** The record of a model. */
export function policyRecord(model: HostModel, on: Day): PolicyRecordInputs {
  const { project, environment } = model.permit;
  const policy = gzipSync(JSON.stringify(model, keptOf)).toString("base64");
  return { kind: "policy-record", project, environment, on, policy };
}

const textOf = ({ policy }: PolicyRecordInputs) => gunzipSync(Buffer.from(policy, "base64")).toString("utf8");

/** Whether both say the same policy. The packed texts may differ: another zlib packs otherwise. */
export function isSamePolicy(one: PolicyRecordInputs, other: PolicyRecordInputs): boolean {
  return one.policy === other.policy || textOf(one) === textOf(other);
}

const linesMax = 100;

/** Who gains and who loses what between the last policy, if there is one, and the next: lines for a preview. */
export function policyRecordDifference(last: PolicyRecordInputs | undefined, next: PolicyRecordInputs): string[] {
  const models = [last, next].map((record) =>
    record === undefined ? [] : [JSON.parse(textOf(record)) as HostModel],
  ) as [HostModel[], HostModel[]];
  const lines = policyDifference(...models, next.on);
  if (lines.length <= linesMax) return [...lines];
  return [...lines.slice(0, linesMax), `… and ${lines.length - linesMax} lines more: npm run policy -- diff`];
}
