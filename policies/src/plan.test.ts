import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryHost } from "./arbitrary-host.ts";
import { decide } from "./decide.ts";
import { hostAttributesSchema, serverAttributesSchema, toolAttributesSchema } from "./host-settings.ts";
import { loadHost } from "./load.ts";
import type { HostModel } from "./model.ts";
import { consentRole, gatewayHostType, ownerRole, userProfileType } from "./permit-keys.ts";
import { type PermitObject, plan, type ResourceTypePlan } from "./plan.ts";
import { today } from "./testing/plain-model.ts";
import { type TrustLevel, trustLevels } from "./trust.ts";

const types = (objects: readonly PermitObject[]) => objects.filter((object) => object.kind === "resource-type");

/** What an object brings into being, as names that others refer to. */
function makes(object: PermitObject): readonly string[] {
  switch (object.kind) {
    case "environment":
      return ["environment"];
    case "resource-type":
      return [`type ${object.key}`, ...Object.keys(object.roles).map((role) => `role ${object.key}#${role}`)];
    case "resource-instance":
      return [`instance ${object.resource}:${object.key}`];
    case "humans":
      return object.emails.map((email) => `human ${email}`);
    case "server-grants":
    case "host-members":
      return [];
  }
}

/** What must be there before an object can be made. */
function needs(object: PermitObject): readonly string[] {
  switch (object.kind) {
    case "environment":
      return [];
    case "resource-type":
      return [
        "environment",
        ...Object.values(object.relations).map((subject) => `type ${subject}`),
        ...Object.values(object.roles).flatMap(({ grantedTo }) =>
          grantedTo.map(({ onResource, role }) => `role ${onResource}#${role}`),
        ),
      ];
    case "resource-instance":
      return [`type ${object.resource}`];
    case "humans":
      return [`role ${userProfileType}#${ownerRole}`];
    case "server-grants":
      return [
        `instance ${object.server}:${object.server}`,
        ...Object.keys(object.ceilings).map((email) => `human ${email}`),
      ];
    case "host-members":
      return [
        `instance ${gatewayHostType}:${object.host}`,
        ...Object.values(object.roles)
          .flat()
          .map((email) => `human ${email}`),
      ];
  }
}

/** What Permit derives for one human and one agent: the server roles that `held` on the human's profile give. */
function derivedRoles(type: ResourceTypePlan, held: string, ceiling: TrustLevel | undefined): readonly string[] {
  return Object.entries(type.roles)
    .filter(([, { grantedTo }]) =>
      grantedTo.some((rule) => rule.onResource === userProfileType && rule.role === held && rule.relation === ceiling),
    )
    .map(([role]) => role);
}

function permitAllows(host: HostModel, server: string, human: string, held: string, action: string): boolean {
  const objects = plan(host, today);
  const type = types(objects).find(({ key }) => key === server);
  const grants = objects.find((object) => object.kind === "server-grants" && object.server === server);
  if (type === undefined || grants?.kind !== "server-grants") return false;
  const roles = derivedRoles(type, held, grants.ceilings[human]);
  return roles.some((role) => type.roles[role]?.permissions.includes(action));
}

describe("the plan of every host", () => {
  test("names only what earlier objects have made", () => {
    fc.assert(
      fc.property(arbitraryHost, (host) => {
        const made = new Set<string>();
        for (const object of plan(host, today)) {
          expect(needs(object).filter((name) => !made.has(name))).toEqual([]);
          for (const name of makes(object)) made.add(name);
        }
      }),
    );
  });

  test("has twelve derivation rules per server, no two of them equal", () => {
    fc.assert(
      fc.property(arbitraryHost, (host) => {
        for (const type of types(plan(host, today)).filter(({ key }) =>
          host.servers.some((server) => server.key === key),
        )) {
          const rules = Object.entries(type.roles).flatMap(([role, { grantedTo }]) =>
            grantedTo.map((rule) => JSON.stringify([role, rule])),
          );
          expect(rules).toHaveLength(12);
          expect(new Set(rules).size).toBe(12);
        }
      }),
    );
  });

  test("gives each role the permissions of all lower ones, each enabled tool to high, and only declared actions", () => {
    fc.assert(
      fc.property(arbitraryHost, (host) => {
        for (const server of host.servers) {
          const type = types(plan(host, today)).find(({ key }) => key === server.key);
          const [low, medium, high] = trustLevels.map((level) => type?.roles[level]?.permissions ?? []);
          expect(medium).toEqual(expect.arrayContaining([...(low ?? [])]));
          expect(high).toEqual(expect.arrayContaining([...(medium ?? [])]));
          const enabled = server.tools.filter((tool) => tool.enabled).map((tool) => tool.action);
          expect(high).toEqual(enabled.toSorted());
          expect(Object.keys(type?.actions ?? {}).toSorted()).toEqual(enabled.toSorted());
        }
      }),
    );
  });

  test("decides as `decide` does, for every consent and ceiling", () => {
    fc.assert(
      fc.property(arbitraryHost, (host) => {
        for (const server of host.servers) {
          for (const tool of server.tools) {
            for (const { email } of host.humans) {
              for (const consent of trustLevels) {
                const held = consentRole(server.key, consent);
                const query = { human: email, server: server.key, tool: tool.name, consent, on: today };
                const { allow } = decide(host, query);
                expect(permitAllows(host, server.key, email, held, tool.action)).toBe(allow);
              }
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test("has the host's settings second to last, once all they list is in place, and its admins last", () => {
    fc.assert(
      fc.property(arbitraryHost, (host) => {
        expect(plan(host, today).at(-2)).toMatchObject({
          kind: "resource-instance",
          resource: gatewayHostType,
          key: host.key,
        });
        expect(plan(host, today).at(-1)).toEqual({
          kind: "host-members",
          host: host.key,
          roles: { admin: host.admins, approver: host.approvers, auditor: host.auditors },
        });
      }),
    );
  });
});

describe("the plan of the demo host", () => {
  const demo = loadHost("policies/hosts/demo");
  if (!demo.ok) throw new Error("The demo host has findings.");
  const objects = plan(demo.host, today);

  test("opens nothing with a consent to another server, nor with the owner role beyond the ceiling", () => {
    for (const consent of trustLevels) {
      const held = consentRole("everything", consent);
      expect(permitAllows(demo.host, "issues", "lead@example.com", held, "list_issues")).toBe(false);
    }
    expect(permitAllows(demo.host, "issues", "contractor@example.com", ownerRole, "list_issues")).toBe(true);
    expect(permitAllows(demo.host, "issues", "contractor@example.com", ownerRole, "create_issue")).toBe(false);
    expect(permitAllows(demo.host, "everything", "contractor@example.com", ownerRole, "echo")).toBe(false);
  });

  test("carries attributes that the gateway's schemas read", () => {
    for (const object of objects) {
      if (object.kind === "resource-type") {
        for (const { attributes } of Object.values(object.actions)) {
          if (attributes !== null) expect(toolAttributesSchema.parse(attributes)).toMatchObject(attributes);
        }
      }
      if (object.kind === "resource-instance") {
        const schema = object.resource === gatewayHostType ? hostAttributesSchema : serverAttributesSchema;
        expect(schema.parse(object.attributes)).toMatchObject(object.attributes);
      }
    }
  });

  test("has each object once, in the order in which it is made", () => {
    expect(
      objects.map((object) => {
        if (object.kind === "resource-instance") return `instance ${object.resource}:${object.key}`;
        if (object.kind === "server-grants") return `grants ${object.server}`;
        return "key" in object ? `${object.kind} ${object.key}` : object.kind;
      }),
    ).toEqual([
      "environment demo",
      "resource-type user_profile",
      "resource-type gateway_host",
      "resource-type everything",
      "instance everything:everything",
      "resource-type issues",
      "instance issues:issues",
      "humans",
      "grants everything",
      "grants issues",
      "instance gateway_host:demo",
      "host-members",
    ]);
  });
});
