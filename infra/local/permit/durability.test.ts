import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentKey, defaultTenant, profileRef } from "@permit-mcp-gateway/policies";
import { afterAll, describe, expect, test } from "vitest";
import { demoModel } from "./testing/demo-model.ts";
import { endAll, runToEnd, startProcess } from "./testing/process.ts";
import { provisionModel } from "./testing/provision-model.ts";
import { send } from "./testing/raw-http.ts";
import { connect, newEnvironment } from "./testing/sdk.ts";

const folder = mkdtempSync(join(tmpdir(), "local-permit-"));
const orgKey = "permit_key_of_the_organization";
afterAll(async () => {
  await endAll();
  rmSync(folder, { recursive: true });
});

const linear = { type: "linear", key: "linear", tenant: defaultTenant };
const agent = agentKey("client", "alice@example.com");
const consent = {
  user: agent,
  role: "linear-medium",
  resource_instance: profileRef("alice@example.com"),
  tenant: defaultTenant,
};

/** Everything an environment answers with, as it is. */
async function dump(url: string, secret: string): Promise<unknown> {
  const paths = [
    "/v2/projects",
    "/v2/projects/default/envs/demo",
    "/v2/api-key/default/demo",
    "/v2/schema/default/demo/resources",
    "/v2/facts/default/demo/tenants",
    "/v2/facts/default/demo/users?per_page=100",
    "/v2/facts/default/demo/resource_instances",
    "/v2/facts/default/demo/role_assignments",
    "/v2/facts/default/demo/relationship_tuples",
  ];
  const answers = await Promise.all(paths.map((path) => send(url, secret, "GET", path)));
  expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
  return answers;
}

test("what was acknowledged survives SIGKILL, keys and order included", { timeout: 120_000 }, async () => {
  const dataDir = join(folder, "killed");
  const first = await startProcess(["--port", "0", "--data", dataDir], orgKey);
  const { permit, secret } = await newEnvironment(first.url, orgKey, "demo");
  await provisionModel(permit, demoModel({ "alice@example.com": "high", "bob@example.com": "low" }));
  await permit.api.users.sync({ key: agent });
  await permit.api.users.assignRole({ ...consent, role: "linear-high" });
  await permit.api.users.unassignRole({ ...consent, role: "linear-high" });
  await permit.api.users.create({ key: "deleted" });
  await permit.api.users.delete("deleted");
  const before = await dump(first.url, secret);
  // The last write is acknowledged immediately before the kill.
  await permit.api.users.assignRole(consent);
  expect(await first.end("SIGKILL")).toBeNull();

  const second = await startProcess(["--port", "0", "--data", dataDir], orgKey);
  const again = connect(second.url, secret);
  expect(await again.check(agent, "create_issue", linear)).toBe(true);
  expect(await again.check(agent, "delete_issue", linear)).toBe(false);
  await again.api.users.unassignRole(consent);
  expect(await dump(second.url, secret)).toEqual(before);

  const refused = await runToEnd(["--port", "0", "--data", dataDir]);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toContain(`in use by the local Permit with process id ${second.child.pid}`);
  expect(await again.check(agent, "create_issue", linear)).toBe(false);

  expect(await second.end("SIGTERM")).toBe(0);
  expect(existsSync(join(dataDir, "lock"))).toBe(false);

  // A lock whose process id belongs to somebody else by now: this test's own process, with another start time.
  writeFileSync(join(dataDir, "lock"), `${process.pid} 1\n`);
  const third = await startProcess(["--port", "0", "--data", dataDir], "permit_key_new_of_the_organization");
  expect(await send(third.url, orgKey, "GET", "/v2/api-key/scope")).toMatchObject({ status: 401 });
  expect(await dump(third.url, "permit_key_new_of_the_organization")).toEqual(before);
  expect(await third.end("SIGINT")).toBe(0);
});

describe("starting", () => {
  test("a busy port is a clear message", async () => {
    const running = await startProcess(["--port", "0"], orgKey);
    const { port } = new URL(running.url);
    const refused = await runToEnd(["--port", port]);
    await running.end("SIGTERM");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`Port ${port} is in use.`);
  });

  test.each([
    [["--port", "99999"], "--port must be a number from 0 to 65535"],
    [["--port", "0", "--org-key", "short"], "at least 16 characters"],
    [["--no-such-option"], "See --help."],
    [["no-such-command"], "See --help."],
  ])("%j is refused", async (args, message) => {
    const refused = await runToEnd(args);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(message);
  });

  test("--help explains every option", async () => {
    const { code, stdout } = await runToEnd(["--help"]);
    expect(code).toBe(0);
    for (const option of ["--port", "--data", "--org-key", "--host", "PERMIT_LOCAL_ORG_KEY"])
      expect(stdout).toContain(option);
  });
});
