import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyLink, anyRecord } from "../../../testing/ocsf/any-record.ts";
import { exampleLink, exampleRecords } from "../../../testing/ocsf/example-records.ts";
import { validate } from "../../../testing/ocsf/validate.ts";
import { type AuditRecord, accountChanges } from "../../deps/audit-records.ts";
import { product } from "./ocsf-event.ts";
import { toOcsf } from "./to-ocsf.ts";

const written = (record: AuditRecord): unknown => JSON.parse(JSON.stringify(toOcsf(record, exampleLink)));
const signInMethods = ["passkey", "google", "github", "microsoft", "saml", "oidc", "password", "otp"] as const;

test.each(Object.entries(exampleRecords))(
  "%s is valid by the schema: full, bare, allowed, denied",
  (_, { full, bare }) => {
    for (const record of [full, bare]) {
      expect(validate(written(record))).toEqual([]);
      if (record.event === "call_result") continue;
      for (const decision of ["allow", "deny"] as const) expect(validate(written({ ...record, decision }))).toEqual([]);
    }
  },
);

test("every outcome, every way to sign in, every change of an account and every end of an entered server is valid by the schema", () => {
  const { call_result, sign_in, account_changed, dynamic_server } = exampleRecords;
  const outcomes = ["answered", "failed", "cancelled", "unknown"] as const;
  const records = [
    ...outcomes.map((outcome) => ({ ...call_result.full, outcome }) as AuditRecord),
    ...signInMethods.map((method) => ({ ...sign_in.full, method }) as AuditRecord),
    ...accountChanges.map((change) => ({ ...account_changed.full, change }) as AuditRecord),
    { ...dynamic_server.full, code: "FORGOTTEN" },
  ];
  for (const record of records) expect(validate(written(record))).toEqual([]);
});

test("decisions, endings and activities are the ids of OCSF", () => {
  const { tool_call, call_result, tool_drift, dynamic_server } = exampleRecords;
  const denied = { ...tool_call.full, decision: "deny" } as AuditRecord;
  expect(toOcsf(tool_call.full, exampleLink)).toMatchObject({
    action_id: 1,
    disposition_id: 1,
    status_id: 1,
    severity_id: 1,
  });
  expect(toOcsf(denied, exampleLink)).toMatchObject({ action_id: 2, disposition_id: 2, status_id: 2, severity_id: 2 });
  const failed = { ...call_result.full, outcome: "failed" } as AuditRecord;
  expect(toOcsf(failed, exampleLink)).toMatchObject({ action_id: 1, status_id: 2 });
  expect(toOcsf(tool_drift.full, exampleLink)).toMatchObject({
    type_uid: 300_411,
    action_id: 2,
    status_id: 1,
    severity_id: 3,
  });
  expect(toOcsf(dynamic_server.full, exampleLink)).toMatchObject({ type_uid: 300_401 });
  expect(toOcsf({ ...dynamic_server.full, code: "FORGOTTEN" }, exampleLink)).toMatchObject({ type_uid: 300_404 });
});

test("changes of accounts are the activities of OCSF that there are, and passkeys its factor", () => {
  const { account_changed } = exampleRecords;
  const typeOf = (change: string, code = "SOME") =>
    toOcsf({ ...account_changed.full, change, code } as AuditRecord, exampleLink);
  expect(accountChanges.map((change) => typeOf(change).type_uid)).toEqual([
    ...[300_101, 300_103, 300_110, 300_111, 300_199, 300_199],
  ]);
  expect(typeOf("password_changed", "PASSWORD_RESET").type_uid).toBe(300_104);
  expect(typeOf("passkey_added").auth_factors).toEqual([{ factor_type_id: 10 }]);
  expect(typeOf("upstream_connected").auth_factors).toBeUndefined();
});

test("nobody is the actor where it is not known who it was, or no human did it", () => {
  const { sign_in, account_changed } = exampleRecords;
  const human = { user: { name: "alice@example.com", email_addr: "alice@example.com" } };
  const guessed = { ...sign_in.full, decision: "deny", code: "SIGN_IN_PAUSED" } as AuditRecord;
  for (const record of [guessed, account_changed.bare]) {
    expect(toOcsf(record, exampleLink).actor).toBeUndefined();
    expect(toOcsf(record, exampleLink)).toMatchObject(human);
  }
  for (const record of [sign_in.full, account_changed.full])
    expect(toOcsf(record, exampleLink)).toMatchObject({ ...human, actor: human });
});

test("a decision and its result are found by one id", () => {
  const { tool_call, call_result } = exampleRecords;
  const decision = toOcsf(tool_call.full, exampleLink);
  expect(decision.metadata.correlation_uid).toBe(tool_call.full.id);
  expect(toOcsf(call_result.full, exampleLink).metadata.correlation_uid).toBe(tool_call.full.id);
});

test("`unmapped` is last, and `replica`, `chain`, `previous` are the last of it", () => {
  fc.assert(
    fc.property(anyRecord, anyLink, (record, link) => {
      const event = toOcsf(record, link);
      expect(Object.keys(event).at(-1)).toBe("unmapped");
      expect(Object.keys(event.unmapped).slice(-3)).toEqual(["replica", "chain", "previous"]);
      const { replica, chain, previous } = link;
      const end = JSON.stringify({ replica, chain, previous }).slice(1);
      expect(JSON.stringify(event).endsWith(`${end}}`)).toBe(true);
    }),
  );
});

test("what events share can't be changed through one of them", () => {
  const { metadata } = toOcsf(exampleRecords.tool_call.full, exampleLink);
  expect([metadata.product, metadata.profiles].every(Object.isFrozen)).toBe(true);
});

test("an event that says all it can takes less than 1.6 kB", () => {
  for (const { full, bare } of Object.values(exampleRecords)) {
    for (const record of [full, bare]) expect(JSON.stringify(toOcsf(record, exampleLink)).length).toBeLessThan(1600);
  }
});

test("the product's version is the gateway's", () => {
  const file = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  expect(product.version).toBe((JSON.parse(file) as { readonly version: string }).version);
});
