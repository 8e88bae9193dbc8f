import { expect, test } from "vitest";
import { argumentAudit } from "./call-audit.ts";

test("the closest place says what is recorded, and the paths of all add up", () => {
  const host = { arguments: "digest", redact: ["$.a"] } as const;
  const server = { arguments: "full", redact: ["$.b", "$.a"] } as const;
  const all = { redact: [...server.redact] };
  const of = (ofServer: object | undefined, ofTool: object | undefined) =>
    argumentAudit(host, ofServer as typeof all | undefined, ofTool as typeof all | undefined);
  expect(of(undefined, undefined)).toEqual({ arguments: "digest", redact: ["$.a"] });
  expect(of(server, undefined)).toEqual({ arguments: "full", redact: ["$.a", "$.b"] });
  expect(of(server, { arguments: "none", redact: ["$.c"] })).toEqual({
    arguments: "none",
    redact: ["$.a", "$.b", "$.c"],
  });
  expect(of(all, { redact: [] })).toEqual({ arguments: "digest", redact: ["$.a", "$.b"] });
});
