import pg from "pg";
import { describe, expect, test } from "vitest";
import { connectionOptions } from "./adapters/database-connection.ts";
import { ConfigError, readConfig } from "./config.ts";
import { parseDatabaseUrl } from "./database-settings.ts";

const local = "postgres://user:secret@127.0.0.1/gateway";
const remote = "postgres://user:secret@db.example.com/gateway";
const path = "postgres://db.example.com/gateway";

test.each<[string, boolean, string]>([
  [local, false, local],
  ["postgresql://user@[::1]:5432/gateway", false, "postgresql://user@[::1]:5432/gateway"],
  ["postgres:///gateway?host=/run/postgresql", false, "postgres:///gateway?host=%2Frun%2Fpostgresql"],
  [remote, true, remote],
  [`${remote}?sslmode=verify-full&application_name=a`, true, `${remote}?application_name=a`],
  [`${remote}?sslmode=disable`, false, remote],
  [`${local}?sslmode=verify-full`, true, local],
  ["postgres://user@127.0.0.1.example.com/gateway", true, "postgres://user@127.0.0.1.example.com/gateway"],
  ["postgres://user@localhost.example.com/gateway", true, "postgres://user@localhost.example.com/gateway"],
])("%s: TLS %s", (url, tls, passedOn) => {
  expect(parseDatabaseUrl(url)).toEqual({ url: passedOn, tls });
  // The driver, which parses for itself, goes where was looked.
  const { host, ssl } = new pg.Client(connectionOptions({ url })) as pg.Client & { readonly ssl: unknown };
  const { hostname, searchParams } = new URL(url);
  expect([host, ssl !== false]).toEqual([searchParams.get("host") ?? hostname.replace(/^\[|\]$/g, ""), tls]);
});

describe("what would be less than it looks is refused", () => {
  test.each([
    [`${path}?sslmode=require`, /^sslmode must be verify-full, or disable/],
    [`${path}?sslmode=no-verify`, /not "no-verify"$/],
    [`${path}?sslmode=prefer`, /not "prefer"$/],
    [`${path}?sslmode=`, /not ""$/],
    [`${path}?sslmode=verify-full&sslmode=disable`, /not "given twice"$/],
    [`${path}?ssl=0`, /must not have the parameter ssl;/],
    [
      `${path}?sslrootcert=/tmp/ca.pem`,
      /must not have the parameter sslrootcert; for certificates set DATABASE_CA_FILE/,
    ],
    [`${path}?uselibpqcompat=true&sslmode=verify-full`, /the parameter uselibpqcompat;/],
    ["postgres://127.0.0.1/gateway?host=db.example.com", /^must name the host before the path$/],
    ["postgres://127.0.0.1/gateway?host=/run/postgresql&host=db.example.com", /^must name the host before the path$/],
    ["postgres://127.0.0.1/gateway?hostaddr=192.0.2.1", /the parameter hostaddr;/],
    ["postgres:///gateway", /^must name a host$/],
  ])("%s", (url, problem) => {
    expect(parseDatabaseUrl(url)).toMatch(problem);
  });
});

const other = {
  PUBLIC_URL: "https://mcp.example.com",
  HOST_KEY: "demo",
  PERMIT_API_KEY: "key",
  PERMIT_PDP_URL: "http://localhost:7000",
  AUTH_SECRET: "0123456789abcdef0123456789abcdef",
};
const iam = { DATABASE_HOST: "db.example.com", DATABASE_NAME: "acme", DATABASE_USER: "acme", DATABASE_AUTH: "aws-iam" };

test("a server that takes IAM tokens is one of four variables", () => {
  expect(readConfig({ ...other, ...iam }).database).toEqual({
    ...{ host: "db.example.com", port: 5432, name: "acme", user: "acme", caFile: undefined },
  });
});

test.each<[string, Record<string, string>, string]>([
  [
    "two databases",
    { ...iam, DATABASE_URL: remote },
    "DATABASE_URL: can't be combined with DATABASE_HOST, DATABASE_NAME",
  ],
  ["half of one", { DATABASE_HOST: "db.example.com", DATABASE_USER: "acme" }, "DATABASE_NAME: is needed together with"],
  ["another way to log in", { ...iam, DATABASE_AUTH: "password" }, "DATABASE_AUTH: "],
  ["a host that is more", { ...iam, DATABASE_HOST: "db.example.com/?DBUser=x" }, "DATABASE_HOST: must be a host name"],
  ["authorities without TLS", { DATABASE_URL: local, DATABASE_CA_FILE: "/ca.pem" }, "add sslmode=verify-full"],
  ["authorities of nothing", { DATABASE_CA_FILE: "/ca.pem" }, "there is no DATABASE_URL or DATABASE_HOST to verify"],
  ["a weak URL", { DATABASE_URL: `${remote}?sslmode=no-verify` }, "DATABASE_URL: sslmode must be verify-full"],
])("%s is refused, without a value", (_what, environment, message) => {
  const read = () => readConfig({ ...other, ...environment });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(message);
  expect(read).not.toThrow("secret");
});
