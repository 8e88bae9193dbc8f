import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isRunning, processTree } from "./testing/process-tree.ts";
import { hasPulumiCli } from "./testing/pulumi-project.ts";
import { type StackFixture, type StackProject, startStackFixture } from "./testing/stack-fixture.ts";

/** A third server beside the demo's two, with a grant. */
function addServer(stack: StackProject): void {
  for (const ending of ["yaml", "lock.json"]) {
    const file = join(stack.policy, `servers/issues.${ending}`);
    cpSync(file, join(stack.policy, `servers/tickets.${ending}`));
  }
  const grants = join(stack.policy, "grants.yaml");
  const line = "  - { server: tickets, human: lead@example.com, ceiling: low }\n";
  writeFileSync(grants, readFileSync(grants, "utf8") + line);
}

// In this order: each test goes on from what the one before left.
describe.skipIf(!hasPulumiCli)("a stack in trouble, under the real engine", { timeout: 120_000 }, () => {
  let fixture: StackFixture;
  let stack: StackProject;

  beforeAll(async () => {
    fixture = await startStackFixture();
    stack = await fixture.createProject();
  });
  afterAll(() => fixture?.close());

  test("an up that Permit breaks off half-way says why, and the next one goes on from there", async () => {
    // Twice: Permit asks to wait, and a write is done but its answer lost. Both are got over within the run.
    const once = new Set(["POST facts/resource_instances", "POST facts/bulk/users"]);
    fixture.proxy.interfere((request) => {
      if (request === "POST facts/relationship_tuples/bulk") return { refuse: 403 };
      if (!once.delete(request)) return undefined;
      return request.endsWith("users") ? "lose" : { refuse: 429, headers: { "retry-after": "1" } };
    });
    const broken = await stack.pulumi("up", "--yes", "--skip-preview");
    expect(broken.status).not.toBe(0);
    expect(broken.output).toContain("Permit answered 403 to POST /v2/facts/");
    expect(broken.output).toContain("Permit answered 429: waiting 1 s.");
    expect(broken.output).toContain("Looking at what is there and going on.");
    expect(once.size).toBe(0);

    fixture.proxy.interfere(() => undefined);
    fixture.proxy.take();
    expect(await stack.must("up", "--yes", "--skip-preview")).toContain("+ 5 created");
    // What was made before is not made again.
    expect(fixture.proxy.take().writes.filter((request) => request.includes("users"))).toEqual([]);
    expect(await stack.leftToDo()).toEqual([]);
  });

  test("an up that is killed in the middle of a write is gone on with after a cancel", async () => {
    addServer(stack);
    fixture.proxy.interfere((request) => (request === "POST facts/resource_instances" ? "hold" : undefined));
    const held = fixture.proxy.untilHeld();
    const child = stack.start("up", "--yes", "--skip-preview");
    child.stdout.resume();
    child.stderr.resume();
    await held;
    const exit = new Promise((resolve) => child.on("exit", resolve));
    const tree = processTree(child.pid ?? 0);
    const languageHosts = tree.filter(({ command }) => /language-(host|nodejs)/.test(command));
    expect(languageHosts).toHaveLength(1);
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await exit;
    // What is ours is not left behind, one for each run that is killed.
    await expect.poll(() => languageHosts.filter(({ pid }) => isRunning(pid)), { timeout: 15_000 }).toEqual([]);
    // Pulumi's process for dynamic providers is: it would wait for ever.
    for (const { pid } of tree) if (isRunning(pid)) process.kill(pid, "SIGKILL");
    fixture.proxy.interfere(() => undefined);
    fixture.proxy.take();
    await stack.must("cancel", "--yes");
    await stack.must("up", "--yes", "--skip-preview");
    expect(fixture.proxy.take().writes).not.toContain("POST schema/resources");
    expect(await stack.leftToDo()).toEqual([]);
  });

  test("another stack is refused the environment in its preview, and takes the host over when told to", async () => {
    const other = await fixture.createProject();
    const refused = await other.pulumi("preview");
    expect(refused.status).not.toBe(0);
    expect(refused.output).toContain("The Permit environment default/demo is in use: it has host policy in it.");
    expect(refused.output).toContain("set permit-mcp-gateway:adopt to true");

    await other.must("config", "set", "adopt", "true");
    fixture.proxy.take();
    expect(await other.must("up", "--yes", "--skip-preview")).toContain("+ 12 created");
    // The server that this policy does not have goes with its grant; all else is there and is not written again.
    expect(fixture.proxy.take().writes.toSorted()).toEqual([
      "DELETE schema/resources/tickets",
      "DELETE schema/resources/user_profile/roles/tickets-high",
      "DELETE schema/resources/user_profile/roles/tickets-low",
      "DELETE schema/resources/user_profile/roles/tickets-medium",
      "PATCH facts/resource_instances/gateway_host:policy",
    ]);
    expect(await other.leftToDo()).toEqual([]);
    for (const secret of await fixture.secrets()) {
      expect(fixture.texts.filter((text) => text.includes(secret))).toEqual([]);
    }
  });
});
