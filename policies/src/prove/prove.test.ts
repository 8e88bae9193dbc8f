import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decide } from "../decide.ts";
import { type PermitObject, plan } from "../plan.ts";
import { grantsThatHold } from "../reaching-grants.ts";
import { arbitraryValues } from "../testing/arbitrary-values.ts";
import type { HostValues } from "../testing/host-values.ts";
import { loadValues } from "../testing/load-values.ts";
import { today } from "../testing/plain-model.ts";
import { prove, type Subject } from "./prove.ts";

const real: Subject = { decide, plan, grantsThatHold };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-prove-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const loaded = (values: HostValues) => loadValues(folder, values);
/** Law -> its smallest counter-example, of the laws that do not hold. */
function violated(values: HostValues, subject: Partial<Subject>) {
  const { laws } = prove(loaded(values), [], today, { ...real, ...subject });
  return Object.fromEntries(laws.filter(({ holds }) => !holds).map((law) => [law.name, law.counterExample]));
}

const decided = "A call is allowed when the lower of ceiling and consent reaches the tool's trust, and never else";
const provisioned = "What is provisioned in Permit answers as the files say";
const ceiling = "Nothing above a ceiling is reached";
const high = "A tool of trust high is reached by a grant that says high, and by no other";
const removal = "Removing a grant never adds access";
const ending = "The end of a grant never adds access";

/** Two humans; the second has a high grant that ends and a low one that stays. */
const values: HostValues = {
  host: { name: "Values", permit: { project: "default", environment: "values" }, admins: ["admin@example.com"] },
  grants: {
    groups: { staff: ["ann@example.com", "ben@example.com"] },
    grants: [
      { server: "issues", group: "staff", ceiling: "low" },
      { server: "issues", human: "ben@example.com", ceiling: "high", until: "2026-11-30" },
    ],
  },
  servers: {
    issues: {
      name: "Issues",
      description: "Issues.",
      url: "https://issues.example.com/mcp",
      tools: {
        list: { trust: "low" },
        create: { trust: "medium", approval: true },
        delete: { trust: "high" },
        off: { trust: "low", enabled: false },
      },
    },
  },
  locks: {},
};
const ben = { human: "ben@example.com", server: "issues", on: "2026-11-24" };

describe("of what the product does", () => {
  test("all laws hold for every host, and every question is asked", () => {
    fc.assert(
      fc.property(arbitraryValues, (random) => {
        const host = loaded(random);
        const proof = prove(host, [], today, real);
        expect(proof.laws.filter(({ holds }) => !holds)).toEqual([]);
        const tools = host.host.servers.reduce((sum, server) => sum + server.tools.length, 0);
        expect(proof.decisions).toBeGreaterThanOrEqual(host.host.humans.length * 3 * tools);
      }),
      { numRuns: 60 },
    );
  });

  test("asks of the day after a grant has ended too", () => {
    // 3 humans x 3 levels x 4 tools today, and ben once more on 2026-12-01.
    expect(prove(loaded(values), [], today, real)).toMatchObject({ decisions: 36 + 12 });
  });
});

describe("of something that does otherwise it finds", () => {
  test("a decision that does not look at the consent, with the lowest one as the example", () => {
    const found = violated(values, { decide: (host, query) => decide(host, { ...query, consent: "high" }) });
    expect(Object.keys(found)).toEqual([decided]);
    expect(found[decided]?.query).toEqual({
      ...ben,
      tool: "list",
      consent: "low",
    });
  });

  test("a decision that forgets that grants end", () => {
    const found = violated(values, { decide: (host, query) => decide(host, { ...query, on: today }) });
    expect(found[decided]?.query).toEqual({ ...ben, tool: "list", consent: "medium", on: "2026-12-01" });
    expect(Object.keys(found)).toEqual([decided, ceiling, high]);
  });

  test("a decision that allows everything", () => {
    const found = violated(values, { decide: () => ({ allow: true, effective: "high", approval: false }) });
    expect(Object.keys(found)).toEqual([decided, ceiling, high]);
    expect(found[ceiling]?.text).toBe("reached with no ceiling");
  });

  test("a decision that lets a call pass that is to wait", () => {
    const found = violated(values, {
      decide: (host, query) => {
        const decision = decide(host, query);
        return decision.allow ? { ...decision, approval: false } : decision;
      },
    });
    expect(found).toEqual({
      [decided]: { query: { ...ben, tool: "create", consent: "medium" }, text: expect.any(String) },
    });
  });

  test("a decision that allows more once a grant has ended", () => {
    const found = violated(values, {
      decide: (host, query) => {
        return query.on > "2026-11-30" ? { allow: true, effective: "low", approval: false } : decide(host, query);
      },
    });
    expect(found[ending]?.query).toEqual({ ...ben, tool: "create", consent: "low", on: "2026-12-01" });
  });

  /** The plan with each object changed. */
  const planned =
    (change: (object: PermitObject) => PermitObject): Subject["plan"] =>
    (host, day) =>
      plan(host, day).map(change);

  test("a derivation that is missing", () => {
    const found = violated(values, {
      plan: planned((object) => {
        if (object.kind !== "resource-type" || object.key !== "issues") return object;
        const { low, ...roles } = object.roles;
        if (low === undefined) throw new Error("The plan has no role low.");
        const grantedTo = low.grantedTo.filter((rule) => rule.role !== "issues-low" || rule.relation !== "high");
        return { ...object, roles: { low: { ...low, grantedTo }, ...roles } };
      }),
    });
    expect(found).toEqual({
      [provisioned]: { query: { ...ben, tool: "list", consent: "low" }, text: "Permit denies it, against the files" },
    });
  });

  test("a derivation of another server's consent", () => {
    const two = {
      ...values,
      servers: { ...values.servers, wiki: { ...values.servers.issues, name: "Wiki" } },
    } as HostValues;
    const found = violated(two, {
      plan: planned((object) => {
        if (object.kind !== "resource-type" || object.key !== "issues" || object.roles.low === undefined) return object;
        const grantedTo = [
          ...object.roles.low.grantedTo,
          { role: "wiki-low", onResource: "user_profile", relation: "low" },
        ];
        return { ...object, roles: { ...object.roles, low: { ...object.roles.low, grantedTo } } };
      }),
    });
    expect(found[provisioned]?.text).toBe("the role wiki-low on a profile gives something on issues");
  });

  test("a tuple that says more than the lines, and so what it opens", () => {
    const found = violated(values, {
      plan: planned((object) =>
        object.kind === "server-grants"
          ? { ...object, ceilings: { ...object.ceilings, "ann@example.com": "high" } }
          : object,
      ),
    });
    expect(Object.keys(found)).toEqual([provisioned, ceiling, high]);
    expect(found[high]?.query).toMatchObject({ human: "ann@example.com", tool: "delete", consent: "high" });
  });

  test("a plan of a later day that still has what has ended", () => {
    const found = violated(values, { plan: (host) => plan(host, today) });
    expect(found[provisioned]?.query).toMatchObject({ human: "ben@example.com", on: "2026-12-01", consent: "low" });
  });

  test("terms that are not provisioned, so that a gateway would not see the grant end", () => {
    const found = violated(values, {
      plan: planned((object) =>
        object.kind === "resource-instance" && object.resource === "issues"
          ? { ...object, attributes: { name: "Issues", description: "", upstream_url: "https://a.example.com" } }
          : object,
      ),
    });
    expect(found[provisioned]).toMatchObject({
      query: { human: "ben@example.com", on: "2026-12-01" },
      text: "the lines say low, the tuple low, the server's terms high",
    });
  });

  test("an approval that the gateway is not told of", () => {
    const found = violated(values, {
      plan: planned((object) => {
        if (object.kind !== "resource-type" || object.actions.create === undefined) return object;
        const create = { name: "create", attributes: { tool: "create", trust: "medium" } } as const;
        return { ...object, actions: { ...object.actions, create } };
      }),
    });
    expect(found[provisioned]).toMatchObject({ query: { tool: "create" }, text: expect.stringContaining("wait") });
  });

  test("a way to resolve grants in which a line takes something away", () => {
    // The last line holds, whatever it says: without it the earlier, higher one would.
    const last: HostValues = {
      ...values,
      grants: { ...values.grants, grants: [...(values.grants.grants ?? [])].toReversed() },
    };
    const found = violated(last, {
      grantsThatHold: (grants) => grants.slice(-1).map((grant) => ({ ...grant, ceiling: "high" })),
    });
    expect(found[removal]).toMatchObject({
      query: { human: "ben@example.com" },
      text: expect.stringMatching(/without .*grants\.yaml:\d+ the ceiling is high/),
    });
  });
});
