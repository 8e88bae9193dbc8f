/**
 * `node record-stack.ts < request.json`: runs the whole program for one stack without an engine, with answers in place of
 * AWS's, and prints what it registered. In a process of its own, as Pulumi runs it, once for all tests of the stack.
 */
import { text } from "node:stream/consumers";
import * as pulumi from "@pulumi/pulumi";
import { promiseOf, type Registration, recordRegistrations } from "../../testing/mocks.ts";
import { answerCall, answerResource } from "./answers.ts";

/** A stack by its name, and its configuration as Pulumi hands it to a program. */
export interface StackRequest {
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  /** Outputs of other stacks, by their full names. */
  readonly references: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What it registered and returned. */
export interface StackRecord {
  readonly registrations: readonly Registration[];
  readonly outputs: Readonly<Record<string, { readonly secret: boolean; readonly value: unknown }>>;
}

const request = JSON.parse(await text(process.stdin)) as StackRequest;
const registrations = await recordRegistrations(
  (type, inputs) => answerResource(type, inputs, request.references),
  request.stack,
  answerCall,
);
pulumi.runtime.setAllConfig({ ...request.config }, [...request.secrets]);
const exported = (await import("../../index.ts")) as Record<string, unknown>;
const outputs: Record<string, { secret: boolean; value: unknown }> = {};
for (const [name, value] of Object.entries(exported)) {
  if (value === undefined) continue;
  const output = pulumi.output(value);
  outputs[name] = { secret: await pulumi.isSecret(output), value: await promiseOf(output) };
}
await pulumi.runtime.disconnect();
process.stdout.write(JSON.stringify({ registrations, outputs } satisfies StackRecord));
