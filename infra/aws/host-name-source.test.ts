import { expect, test } from "vitest";
import { hostNameOf } from "./host-name-source.ts";
import { platformSettingsSchema } from "./platform-settings.ts";
import { serviceSettingsSchema } from "./service-settings.ts";

const platform = (settings: object) => platformSettingsSchema(false).parse({ domain: "mcp.example.com", ...settings });
const service = (settings: object) => serviceSettingsSchema(false).parse(settings);
const certificateArn = "arn:aws:acm:eu-central-1:123456789012:certificate/given";
const shared = "organization/permit-mcp-gateway/platform";

test.each([
  ["its platform's own name", platform({ hostedZone: "example.com" }), {}, "example.com", "platform"],
  ["its platform's certificate, DNS elsewhere", platform({ certificateArn }), {}, undefined, "platform"],
  [
    "another zone than its platform's",
    platform({ certificateArn }),
    { hostedZone: "example.com" },
    "example.com",
    "platform",
  ],
  [
    "a certificate of its own",
    platform({ hostedZone: "example.com" }),
    { certificateArn },
    "example.com",
    { arn: certificateArn },
  ],
  ["a zone, on a shared platform", shared, { hostedZone: "example.com" }, "example.com", "issue"],
  ["nothing, on a shared platform", shared, {}, undefined, "platform"],
])("a host with %s", (_, made, settings, hostedZone, certificate) => {
  const source = hostNameOf("mcp.example.com", { platform: made, service: service(settings) });
  expect(source).toEqual({ hostname: "mcp.example.com", hostedZone, certificate });
});

test("a host whose name isn't its platform's gets a certificate for it", () => {
  const aws = { platform: platform({ hostedZone: "example.com" }), service: service({}) };
  expect(hostNameOf("other.example.com", aws).certificate).toBe("issue");
});
