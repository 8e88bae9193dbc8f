/** The validator refuses what the schema does not allow: each case is a valid event with one thing changed. */
import { expect, test } from "vitest";
import { toOcsf } from "../../src/audit/ocsf/to-ocsf.ts";
import type { AuditRecord } from "../../src/deps/audit-records.ts";
import { exampleLink, exampleRecords } from "./example-records.ts";
import { validate } from "./validate.ts";

type Members = Record<string, unknown>;

/** The full example, with the member at the path set, or taken away when the value is undefined. */
function changed(event: AuditRecord["event"], path: string, value: unknown): unknown {
  const json = JSON.parse(JSON.stringify(toOcsf(exampleRecords[event].full, exampleLink))) as Members;
  const names = path.split(".");
  const last = names.pop() ?? "";
  const holder = names.reduce((members, name) => members[name] as Members, json);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return json;
}

test.each<[AuditRecord["event"], string, unknown, string]>([
  ["tool_call", "src_endpoint", undefined, "src_endpoint: required, missing"],
  ["tool_call", "api.operation", undefined, "api.operation: required, missing"],
  ["tool_call", "metadata.product", undefined, "metadata.product: required, missing"],
  ["sign_in", "user", undefined, "user: required, missing"],
  ["consent", "privileges", undefined, "privileges: required, missing"],
  ["tool_drift", "entity", undefined, "entity: required, missing"],
  ["tool_call", "server", "tickets", "server: unknown attribute"],
  ["tool_call", "actor.client", "x", "actor.client: unknown attribute"],
  ["tool_call", "constructor", {}, "constructor: unknown attribute"],
  ["sign_in", "resources", [], "resources: unknown attribute"],
  ["tool_call", "message", 5, "message: not of type string_t"],
  ["tool_call", "message", null, "message: not of type string_t"],
  ["tool_call", "duration", 1.5, "duration: not of type long_t"],
  ["tool_call", "time", "2026-07-01T09:30:12.480Z", "time: not of type timestamp_t"],
  ["tool_call", "metadata.sequence", "7", "metadata.sequence: not of type integer_t"],
  ["tool_call", "src_endpoint.ip", "agent.example.com", "src_endpoint.ip: not of type ip_t"],
  ["tool_call", "src_endpoint.port", 70_000, "src_endpoint.port: not of type port_t"],
  ["tool_call", "actor.user.email_addr", "alice", "actor.user.email_addr: not of type email_t"],
  ["sign_in", "is_remote", "yes", "is_remote: not of type boolean_t"],
  ["tool_call", "api", "tools/call", "api: not an object"],
  ["tool_call", "resources", { name: "x" }, "resources: not an array"],
  ["consent", "privileges", ["low", 2], "privileges[1]: not of type string_t"],
  ["tool_call", "action_id", 5, "action_id: not in the enum"],
  ["tool_call", "activity_id", 5, "activity_id: not in the enum"],
  ["sign_in", "auth_protocol_id", 13, "auth_protocol_id: not in the enum"],
  ["tool_call", "category_uid", 3, "category_uid: not in the enum"],
  ["tool_call", "type_uid", 600_301, "type_uid: not class_uid * 100 + activity_id"],
  ["tool_call", "type_uid", 300_299, "type_uid: not in the enum"],
  ["tool_call", "class_uid", 9999, "class_uid: of no class whose file is here"],
  ["tool_call", "metadata.version", "1.7.0", "metadata.version: the schema is 1.8.0"],
  ["sign_in", "service", undefined, ": has none of service, dst_endpoint"],
  ["tool_call", "src_endpoint", {}, "src_endpoint: has none of ip, uid"],
  ["tool_call", "actor.user", { email_addr: "alice@example.com" }, "actor.user: has none of account, name, uid"],
  ["tool_call", "metadata.profiles", ["security_control"], "trace: of the profile trace, which the event has not"],
  ["tool_call", "metadata.profiles", ["trace"], "action_id: of the profile security_control"],
  ["sign_in", "metadata.profiles", ["security_control", "trace"], "metadata.profiles: the class has no profile trace"],
  ["tool_call", "metadata.profiles", ["security_control", "trace", "cloud"], "cloud: required, missing"],
  ["consent", "resource", { name: "tickets" }, "resource: deprecated"],
])("%s with %s = %j", (event, path, value, finding) => {
  expect(validate(changed(event, "message", "As it was."))).toEqual([]);
  expect(validate(changed(event, path, value)).join("\n")).toContain(finding);
});

test("of the attributes of `just_one` there is one", () => {
  const { service, is_remote, auth_protocol_id, auth_protocol, ...signIn } = changed(
    "sign_in",
    "class_uid",
    3003,
  ) as Members;
  const session = { ...signIn, type_uid: 300_301, privileges: ["low"] };
  expect(validate(session)).toEqual([]);
  const { privileges, ...neither } = session;
  expect(validate(neither)).toEqual([": has not just one of privileges, group"]);
  expect(validate({ ...session, group: "admins" })).toContain(": has not just one of privileges, group");
});

test.each([undefined, null, 5, "text", [], {}])("%j is no event", (value) => {
  expect(validate(value)).toHaveLength(1);
});
