import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testDatabases } from "./testing/test-databases.ts";
import { TestHost } from "./testing/test-host.ts";

describe.each(testDatabases)("on $name", ({ open }) => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.start(await open());
  });
  afterAll(() => host.close());

  test("a registered client gets tokens for the server that its human consented to, and for no other", async () => {
    const human = host.human("developer");
    const { tokens, client } = await host.connect(human, "medium");
    const [grant] = await human.grants();
    expect(grant).toMatchObject({ server: "issues", level: "medium", client: { id: client.clientId } });
    await expect(host.server.verifyToken(tokens.access, "issues")).resolves.toMatchObject({
      grantId: grant?.id,
      clientId: client.clientId,
    });
    await expect(host.server.verifyToken(tokens.access, "wiki")).rejects.toMatchObject({ code: "TOKEN_INVALID" });
  });
});
