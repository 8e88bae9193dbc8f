import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentKey, defaultTenant, profileRef } from "@permit-mcp-gateway/policies";
import { afterAll, describe, expect, test } from "vitest";
import { demoModel } from "./testing/demo-model.ts";
import { durableStores } from "./testing/durable-stores.ts";
import { killLoop } from "./testing/kill-loop.ts";
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

describe.each(durableStores(process.env.DATABASE_URL_TEST))("in $name", ({ open }) => {
  test("what was acknowledged survives SIGKILL, keys and order included", { timeout: 120_000 }, async () => {
    const store = await open();
    const args = ["--port", "0", ...store.args];
    const first = await startProcess(args, orgKey);
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

    const second = await startProcess(args, orgKey);
    const again = connect(second.url, secret);
    expect(await again.check(agent, "create_issue", linear)).toBe(true);
    expect(await again.check(agent, "delete_issue", linear)).toBe(false);
    await again.api.users.unassignRole(consent);
    expect(await dump(second.url, secret)).toEqual(before);

    const refused = await runToEnd(args);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(new RegExp(`in use by .*process (id )?${second.child.pid}\\b`));
    expect(refused.stderr.trim().split("\n")).toHaveLength(1);
    expect(await again.check(agent, "create_issue", linear)).toBe(false);

    expect(await second.end("SIGTERM")).toBe(0);
    const third = await startProcess(args, "permit_key_new_of_the_organization");
    expect(await send(third.url, orgKey, "GET", "/v2/api-key/scope")).toMatchObject({ status: 401 });
    expect(await dump(third.url, "permit_key_new_of_the_organization")).toEqual(before);
    expect(await third.end("SIGINT")).toBe(0);
    await store.remove();
  });

  test("no acknowledged write is lost when it is killed while it writes", { timeout: 60_000 }, async () => {
    const store = await open();
    const { acknowledged, lost } = await killLoop(store.args, 3);
    expect(lost).toEqual([]);
    expect(acknowledged).toBeGreaterThanOrEqual(30);
    await store.remove();
  });
});

test.runIf(process.env.DATABASE_URL_TEST !== undefined)("after its database is lost it answers nothing", async () => {
  const [, postgres] = durableStores(process.env.DATABASE_URL_TEST);
  const store = await postgres?.open();
  const permit = await startProcess(["--port", "0", ...(store?.args ?? [])], orgKey);
  expect(await send(permit.url, orgKey, "GET", "/v2/projects")).toMatchObject({ status: 200 });
  // Another process may have it from now on, and with it the truth.
  await store?.remove();
  await expect.poll(() => send(permit.url, orgKey, "GET", "/v2/projects")).toMatchObject({ status: 503 });
  expect(await send(permit.url, orgKey, "GET", "/healthy")).toMatchObject({ status: 503 });
  expect(await permit.end("SIGTERM")).toBe(0);
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

  test("a folder that an earlier version wrote is refused and left as it is", async () => {
    const dataDir = join(folder, "former");
    mkdirSync(join(dataDir, "database"), { recursive: true });
    writeFileSync(join(dataDir, "database", "PG_VERSION"), "17\n");
    const refused = await runToEnd(["--port", "0", "--data", dataDir]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("written by an earlier version");
    expect(readdirSync(dataDir)).toEqual(["database"]);
  });

  test("a folder that is a file is a clear message", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const refused = await runToEnd(["--port", "0", "--data", join(file, "below")]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("Start with a --data folder that this user may write");
  });

  test("a PostgreSQL that is not there is a clear message without the password", async () => {
    const refused = await runToEnd(["--port", "0"], {
      PERMIT_LOCAL_DATABASE_URL: "postgres://permit:secret-of-permit@127.0.0.1:9/permit",
    });
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("The PostgreSQL of --database can't be had");
    expect(refused.stderr).not.toContain("secret-of-permit");
  });

  test("a key that it makes is printed at the first start only", async () => {
    // Open to others, as one that was made by hand.
    const dataDir = join(folder, "keys");
    mkdirSync(dataDir, { mode: 0o755 });
    const args = ["--port", "0", "--data", dataDir];
    const first = await startProcess(args);
    await first.end("SIGTERM");
    const [, secret = ""] = /Key of the organization, printed this once: (\S+)/.exec(first.messages()) ?? [];
    expect(secret).toMatch(/^permit_key_[0-9a-f]{64}$/);
    const second = await startProcess(args);
    expect(await send(second.url, secret, "GET", "/v2/api-key/scope")).toMatchObject({ status: 200 });
    await second.end("SIGTERM");
    expect(second.messages()).not.toContain("permit_key_");
    for (const name of readdirSync(dataDir))
      expect([name, statSync(join(dataDir, name)).mode & 0o077]).toEqual([name, 0]);
  });

  test.each([
    [["--port", "99999"], "--port must be a number from 0 to 65535"],
    [["--port", "0", "--org-key", "short"], "at least 16 characters"],
    [["--data", "x", "--database", "postgres://127.0.0.1/x"], "not both"],
    [["--database", "mysql://user:hidden@127.0.0.1/x"], "must be a URL like postgres://"],
    [["--no-such-option"], "See --help."],
    [["no-such-command"], "See --help."],
  ])("%j is refused", async (args, message) => {
    const refused = await runToEnd(args);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain(message);
    expect(refused.stderr).not.toContain("hidden");
  });

  test("--help explains every option", async () => {
    const { code, stdout } = await runToEnd(["--help"]);
    expect(code).toBe(0);
    for (const option of ["--port", "--data", "--database", "--org-key", "--host", "PERMIT_LOCAL_ORG_KEY"])
      expect(stdout).toContain(option);
  });
});
