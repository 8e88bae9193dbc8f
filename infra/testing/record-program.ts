/**
 * `node record-program.ts < request.json`: runs a Pulumi program as Pulumi does, in a plain Node process, but without an
 * engine, and prints what it registered. In the test runner's own process this can't be done: it rewrites `import()`,
 * and Pulumi could not serialize the rewritten providers.
 */
import { text } from "node:stream/consumers";
import type { Day, HostModel } from "@permit-mcp-gateway/policies";
import * as pulumi from "@pulumi/pulumi";
import { answerCall, answerResource } from "../aws/testing/answers.ts";
import type { PermitPlanName } from "../permit/quotas.ts";
import { promiseOf, type Registration, recordRegistrations } from "./mocks.ts";

/** What to run: a Host component, or the whole program with this stack configuration. */
export type ProgramRequest =
  | { readonly component: string; readonly model: HostModel; readonly today: Day; readonly permitPlan?: PermitPlanName }
  | {
      readonly stack: string;
      readonly config: Readonly<Record<string, string>>;
      /** Outputs of other stacks, by their full names. */
      readonly references?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };

/** What it registered and returned. */
export interface ProgramRecord {
  readonly registrations: readonly Registration[];
  readonly outputs: Readonly<Record<string, { readonly secret: boolean; readonly value: unknown }>>;
}

async function runProgram(request: ProgramRequest): Promise<Record<string, unknown>> {
  if ("component" in request) {
    const { Host } = await import("../host/host.ts");
    const { component, ...args } = request;
    const { environmentKey } = new Host(component, args);
    return { environmentKey };
  }
  return (await import("../index.ts")).default;
}

const request = JSON.parse(await text(process.stdin)) as ProgramRequest;
const { stack, references = {} } = "stack" in request ? request : { stack: "test" };
const registrations = await recordRegistrations(
  (type, inputs) => answerResource(type, inputs, references),
  stack,
  answerCall,
);
if ("config" in request) {
  const secrets = Object.keys(request.config).filter((key) => /key|secret|database|accounts/i.test(key));
  pulumi.runtime.setAllConfig(request.config, secrets);
}
const exported = await runProgram(request);
const outputs: Record<string, { secret: boolean; value: unknown }> = {};
for (const [name, value] of Object.entries(exported)) {
  const output = pulumi.output(value);
  outputs[name] = { secret: await pulumi.isSecret(output), value: await promiseOf(output) };
}
await pulumi.runtime.disconnect();
process.stdout.write(JSON.stringify({ registrations, outputs } satisfies ProgramRecord));
