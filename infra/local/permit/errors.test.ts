import { describe, expect, test } from "vitest";
import { freshEnvironment } from "./testing/fresh-environment.ts";
import type { RawAnswer } from "./testing/raw-http.ts";

const { facts } = freshEnvironment();
const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const problems = (answer: RawAnswer) => (answer.body as { detail: unknown }).detail;

describe("errors, word for word", () => {
  test("404", async () => {
    expect(await facts("GET", "/tenants/acme")).toEqual({
      status: 404,
      body: {
        id: uuid,
        title: "The requested data was not found",
        error_code: "NOT_FOUND",
        message: "Tenant with key 'acme' was not found.",
        support_link: "https://docs.permit.io/",
      },
    });
  });

  test("409, and the existing object is as it was", async () => {
    await facts("POST", "/users", { key: "alice", email: "alice@example.com" });
    expect(await facts("POST", "/users", { key: "alice", email: "mallory@example.com" })).toEqual({
      status: 409,
      body: {
        id: uuid,
        title: "This object already exists",
        error_code: "DUPLICATE_ENTITY",
        message: "User with key 'alice' already exists. Use another key, or update the existing object.",
        support_link: "https://docs.permit.io/",
      },
    });
    expect(await facts("GET", "/users/alice")).toMatchObject({ body: { email: "alice@example.com" } });
  });

  test("422 names every problem", async () => {
    const answer = await facts("POST", "/users", { key: "a b", email: "nobody", first_name: 1, extra: true });
    expect(answer).toEqual({
      status: 422,
      body: {
        detail: [
          { loc: ["body", "email"], msg: "value is not a valid email address", type: "value_error.email" },
          { loc: ["body", "first_name"], msg: "str type expected", type: "type_error.str" },
          {
            loc: ["body", "key"],
            msg: 'string does not match regex "^[A-Za-z0-9|@+\\-._]+$"',
            type: "value_error.str.regex",
          },
          { loc: ["body", "extra"], msg: "extra fields not permitted", type: "value_error.extra" },
        ],
      },
    });
    expect(await facts("GET", "/users")).toMatchObject({ body: { data: [] } });
  });

  test("422 for the name __proto__, however deep; constructor is a name like any other", async () => {
    const proto = `{"key":"carol","attributes":{"a":{"__proto__":{"admin":true}}}}`;
    const refused = { loc: ["body", "attributes", "a"], msg: "the name __proto__ is not allowed", type: "value_error" };
    expect(problems(await facts("POST", "/users", proto))).toEqual([refused]);
    expect((await facts("GET", "/users/carol")).status).toBe(404);
    const attributes = { constructor: { prototype: { admin: true } } };
    await facts("POST", "/users", { key: "carol", attributes });
    expect(await facts("GET", "/users/carol")).toMatchObject({ status: 200, body: { attributes } });
    await facts("DELETE", "/users/carol");
  });

  test("422 for a missing field, a missing body, and text that is no JSON", async () => {
    const missing = { loc: ["body", "name"], msg: "field required", type: "value_error.missing" };
    expect(problems(await facts("POST", "/tenants", { key: "acme" }))).toEqual([missing]);
    expect(problems(await facts("POST", "/tenants"))).toEqual([
      { loc: ["body"], msg: "field required", type: "value_error.missing" },
    ]);
    expect(problems(await facts("POST", "/tenants", "{"))).toMatchObject([{ type: "value_error.jsondecode" }]);
  });

  test.each(["page=0", "page=x", "per_page=101", "per_page=1e9", "include_total_count=maybe"])(
    "422 for ?%s",
    async (query) => {
      expect(await facts("GET", `/tenants?${query}`)).toMatchObject({ status: 422 });
    },
  );

  test("400 for an empty bulk call, 403 and 422 for one that is too large", async () => {
    expect(await facts("POST", "/bulk/users", { operations: [] })).toMatchObject({
      status: 400,
      body: { error_code: "INVALID_INPUT" },
    });
    const operations = Array.from({ length: 3_001 }, (_, index) => ({ key: `u${index}` }));
    expect(await facts("POST", "/bulk/users", { operations })).toMatchObject({
      status: 403,
      body: { error_code: "FORBIDDEN_ACCESS" },
    });
    const idents = Array.from({ length: 1_001 }, () => ({ subject: "a:b", relation: "r", object: "c:d" }));
    expect(await facts("DELETE", "/relationship_tuples/bulk", { idents })).toMatchObject({ status: 422 });
    expect(await facts("GET", "/users")).toMatchObject({ body: { total_count: 0 } });
  });

  test("400 for a wait header that is no number", async () => {
    const wait = (value: string) => facts("POST", "/users", { key: "alice" }, { "x-wait-timeout": value });
    expect(await wait("soon")).toMatchObject({ status: 400, body: { error_code: "INVALID_INPUT" } });
    expect(await wait("0")).toMatchObject({ status: 200 });
  });

  test("404 for a path that is not there", async () => {
    expect(await facts("GET", "/no_such_thing")).toEqual({ status: 404, body: { detail: "Not Found" } });
  });
});
