/** What files of attacks start from: a gateway with one agent, which by default may never call `delete_issue`. */
import type { TrustLevel } from "@permit-mcp-gateway/policies";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

export const alice = "alice@example.com";
export let upstream: UpstreamFixture;
export let gateway: GatewayFixture;
/** Access token of the agent, whose ceiling is high. Another one in each test. */
export let token = "";

/** Starts gateway and upstream for the tests of the calling file, and puts back before each what they have changed. */
export function prepareAttackedGateway(consent: TrustLevel = "low"): void {
  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await startGateway(upstream.url);
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });
  beforeEach(() => {
    upstream.ran.length = 0;
    upstream.requests.length = 0;
    gateway.provision();
    const { world } = gateway;
    world.now = new Date("2026-11-24T12:00:00Z");
    world.audit.length = 0;
    world.asked.length = 0;
    world.ceilings.set(alice, "high");
    token = `token-${gateway.connect(alice, "client-a", consent).id}`;
  });
}

/** A request as text, for what no serializer would write. */
export const raw = (fields: string) => `{"jsonrpc":"2.0","id":1,${fields}}`;
