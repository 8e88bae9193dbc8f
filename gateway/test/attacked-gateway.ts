/** What every file of attacks starts from: a gateway whose one agent may call `list_issues` and never `delete_issue`. */
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type GatewayFixture, startGateway } from "./gateway-fixture.ts";
import { startUpstream, type UpstreamFixture } from "./upstream-fixture.ts";

export const alice = "alice@example.com";
export let upstream: UpstreamFixture;
export let gateway: GatewayFixture;
/** Access token of the agent, whose consent is low under a high ceiling. Another one in each test. */
export let token = "";

/** Starts gateway and upstream for the tests of the calling file, and empties what they have recorded before each. */
export function prepareAttackedGateway(): void {
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
    const { world } = gateway;
    world.audit.length = 0;
    world.ceilings.set(alice, "high");
    token = `token-${gateway.connect(alice, "client-a", "low").id}`;
  });
}

/** A request as text, for what no serializer would write. */
export const raw = (fields: string) => `{"jsonrpc":"2.0","id":1,${fields}}`;
