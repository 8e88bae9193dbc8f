/** What a host says of the servers that humans enter: plan, decisions, and how the difference reads. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { accessSections } from "../cli/diff/access-section.ts";
import { policySections } from "../cli/diff/policy-sections.ts";
import { decide } from "./decide.ts";
import { diffHosts } from "./diff/diff-hosts.ts";
import { failing, verdictOf } from "./diff/findings.ts";
import { loadHost } from "./load.ts";
import type { HostModel } from "./model.ts";
import { plan } from "./plan.ts";
import { type HostValues, writeHost } from "./testing/host-values.ts";
import { today } from "./testing/plain-model.ts";

type Ceiling = "low" | "medium" | "high";

/** A host on which `dev@example.com` may have servers of their own up to this; undefined: it has none. */
function host(ceiling?: Ceiling, settings: Partial<HostValues["host"]> = {}): HostModel {
  const dir = mkdtempSync(join(tmpdir(), "dynamic-"));
  try {
    const own = { server: "dynamic_mcp", human: "dev@example.com", ceiling: ceiling ?? "low" };
    writeHost(
      {
        host: {
          ...{ name: "Demo", permit: { project: "default", environment: "demo" }, admins: ["admin@example.com"] },
          dynamicServers: { enabled: ceiling !== undefined },
          ...settings,
        },
        grants: { grants: ceiling === undefined ? [] : [own] },
        servers: {},
        locks: {},
      },
      join(dir, "demo"),
    );
    const result = loadHost(join(dir, "demo"), today);
    if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
    return result.host;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const textOf = (text: readonly (string | { readonly value: string })[]) =>
  text.map((part) => (typeof part === "string" ? part : part.value)).join("");
function reads(before: HostModel, after: HostModel) {
  const diff = diffHosts([before], [after], today);
  const lines = diff.hosts.flatMap((one) =>
    [...accessSections(one), ...policySections(one)].flatMap(({ entries }) => entries.map(({ line }) => textOf(line))),
  );
  return [verdictOf(diff), ...lines];
}

test("is planned as one server without a URL, whose actions are the trust levels", () => {
  const objects = plan(host("medium"), today);
  const type = objects.find((object) => object.kind === "resource-type" && object.key === "dynamic_mcp");
  expect(type).toMatchObject({
    roles: {
      low: { permissions: ["connect_dynamic_mcp", "low"] },
      medium: { permissions: ["connect_dynamic_mcp", "low", "medium"] },
      high: { permissions: ["connect_dynamic_mcp", "high", "low", "medium"] },
    },
  });
  expect(objects).toContainEqual({
    ...{ kind: "resource-instance", resource: "dynamic_mcp", key: "dynamic_mcp" },
    attributes: {
      name: "Servers of one's own",
      description: "MCP servers that a human enters by URL, for themselves only.",
      mcp_server_type: "dynamic",
    },
  });
  expect(objects).toContainEqual({
    ...{ kind: "server-grants", server: "dynamic_mcp", ceilings: { "dev@example.com": "medium" } },
  });
  expect(plan(host(), today).filter((object) => "key" in object && object.key === "dynamic_mcp")).toEqual([]);
});

test("is decided on by min(ceiling, consent), and waits where the host says so of a trust", () => {
  const model = host("high", { approval: { from: "high" }, approvers: ["admin@example.com"] });
  const asked = { human: "dev@example.com", server: "dynamic_mcp", on: today } as const;
  expect(decide(model, { ...asked, tool: "high", consent: "high" })).toMatchObject({ allow: true, approval: true });
  expect(decide(model, { ...asked, tool: "connect_dynamic_mcp", consent: "low" })).toMatchObject({ approval: false });
  expect(decide(model, { ...asked, tool: "medium", consent: "low" })).toMatchObject({ code: "CONSENT_TOO_LOW" });
  const other = { ...asked, human: "other@example.com", tool: "low", consent: "high" } as const;
  expect(decide(model, other)).toMatchObject({ code: "NO_GRANT" });
});

test("reads in a difference as what it is", () => {
  expect(reads(host(), host("medium"))).toEqual([
    "+1 person may connect servers of their own; 1 setting is weaker.",
    "dev@example.com may connect servers of their own, up to medium",
    "dynamicServers.enabled: false -> true",
  ]);
  expect(reads(host("low"), host("high"))).toEqual([
    "+1 person may connect servers of their own with destructive tools.",
    "dev@example.com may connect servers of their own, up to high, was low",
  ]);
  expect(reads(host("high"), host())).toEqual([
    "-1 person may use servers of their own less, or no longer.",
    "dev@example.com may no longer connect servers of their own, was high",
    "dynamicServers.enabled: true -> false",
  ]);
  const destructive = diffHosts([host("low")], [host("high")], today);
  expect(failing(destructive, ["destructive-gain"])).toHaveLength(1);
  const wider = { dynamicServers: { enabled: true, maxPerHuman: 20, privateHosts: ["10.0.0.0/8"] } };
  expect(reads(host("low"), host("low", wider))[0]).toBe("2 settings are weaker.");
  expect(reads(host("low", wider), host("low"))[0]).not.toContain("weaker");
});
