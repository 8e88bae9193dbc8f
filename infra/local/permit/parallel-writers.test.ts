import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Permit } from "permitio";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type LocalPermit, startLocalPermit } from "./start.ts";
import { connect, newEnvironment } from "./testing/sdk.ts";

const writers = 50;
const rounds = 6;
const dataDir = mkdtempSync(join(tmpdir(), "local-permit-writers-"));
let local: LocalPermit;
let permit: Permit;
let secret: string;

beforeAll(async () => {
  // On disk: a write that is only in memory yet must not be answered, and not hold up the others.
  local = await startLocalPermit({ port: 0, dataDir });
  ({ permit, secret } = await newEnvironment(local.url, local.orgKey, "busy"));
  await permit.api.resources.create({
    key: "folder",
    name: "Folder",
    actions: {},
    roles: { owner: { name: "Owner" } },
  });
  const users_with_role = [{ role: "owner", on_resource: "folder", linked_by_relation: "parent" }];
  await permit.api.resources.create({
    key: "document",
    name: "Document",
    actions: { read: {} },
    relations: { parent: "folder" },
    roles: { reader: { name: "Reader", permissions: ["read"], granted_to: { users_with_role } } },
  });
  await permit.api.roles.create({ key: "auditor", name: "Auditor", permissions: ["document:read"] });
});
afterAll(async () => {
  await local.close();
  rmSync(dataDir, { recursive: true });
});

/** One program with its own connections: each of its writes is in the check that follows it. */
async function write(index: number): Promise<void> {
  const client = connect(local.url, secret);
  const { api } = client;
  const check = client.check.bind(client);
  const user = `user-${index}`;
  const tenant = "default";
  const document = { type: "document", key: "shared", tenant };
  const own = { type: "document", key: `own-${index}`, tenant };
  const tuple = { subject: `folder:${index}`, relation: "parent", object: `document:own-${index}` };
  const owner = { user, role: "owner", resource_instance: `folder:${index}`, tenant };
  const reader = { user, role: "reader", resource_instance: "document:shared", tenant };
  const auditor = { user, role: "auditor", tenant };
  await api.users.sync({ key: user });
  for (let round = 0; round < rounds; round += 1) {
    await api.roleAssignments.assign(reader);
    expect(await check(user, "read", document)).toBe(true);
    await api.roleAssignments.unassign(reader);
    expect(await check(user, "read", document)).toBe(false);
    await api.relationshipTuples.create({ ...tuple, tenant });
    expect(await check(user, "read", own)).toBe(false);
    await api.roleAssignments.assign(owner);
    expect(await check(user, "read", own)).toBe(true);
    await api.relationshipTuples.delete(tuple);
    expect(await check(user, "read", own)).toBe(false);
    await api.roleAssignments.unassign(owner);
    await api.users.assignRole(auditor);
    expect(await check(user, "read", document)).toBe(true);
    await api.users.unassignRole(auditor);
    expect(await check(user, "read", document)).toBe(false);
  }
  await api.roleAssignments.assign(reader);
}

test(`${writers} writers at once each find their own writes, and nothing of each other's`, {
  timeout: 90_000,
}, async () => {
  await Promise.all(Array.from({ length: writers }, (_, index) => write(index)));
  const assignments = await permit.api.roleAssignments.list({ perPage: 100 });
  expect(assignments.map(({ user, role }) => `${user} ${role}`).toSorted()).toEqual(
    Array.from({ length: writers }, (_, index) => `user-${index} reader`).toSorted(),
  );
  expect(await permit.api.relationshipTuples.list({})).toEqual([]);
  const users = Array.from({ length: writers }, (_, index) => `user-${index}`);
  const document = { type: "document", key: "shared", tenant: "default" };
  const answers = await permit.bulkCheck(users.map((user) => ({ user, action: "read", resource: document })));
  expect(new Set(answers)).toEqual(new Set([true]));
});
