import { humanKey } from "@permit-mcp-gateway/policies";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { grants, hostModel, issuesServer, notesServer, serverModel } from "../testing/host-model.ts";
import { type Provisioning, startProvisioning } from "../testing/provisioning.ts";

let host: Provisioning;
beforeEach(async () => {
  host = await startProvisioning();
});
afterEach(() => host.close());

const onIssues = { type: "issues", key: "issues", tenant: "default" };

describe("broken-off applies", () => {
  test("wherever the first one breaks off, the next one completes it and the one after writes nothing", async () => {
    const complete = await host.provision(hostModel({ permit: { project: "default", environment: "complete" } }));
    for (let sent = 0; sent < complete.length; sent += 1) {
      const model = hostModel({ permit: { project: "default", environment: `broken-${sent}` } });
      let writes = 0;
      const before = await host.provisionFailing(model, (request) => !request.startsWith("GET") && writes++ === sent);
      expect(before).toEqual(complete.slice(0, sent));
      expect(await host.provision(model)).toEqual(complete.slice(sent));
      expect(await host.provision(model)).toEqual([]);
    }
  });

  test("a removed server whose removal broke off is still found", async () => {
    const alone = hostModel({ servers: [issuesServer], grants: [] });
    await host.provision(hostModel());
    await host.provisionFailing(alone, (request) => request.endsWith("/roles/notes-high"));
    expect(await host.provision(alone)).toContain("DELETE schema/resources/user_profile/roles/notes-high");
    expect(await host.provision(alone)).toEqual([]);
  });

  test("an apply that breaks off between taking and giving leaves nobody with more than either policy", async () => {
    await host.provision(hostModel());
    const sdk = await host.sdk(hostModel());
    const model = hostModel({
      servers: [
        serverModel("issues", { list_issues: "low", create_issue: "medium", delete_issue: "low" }),
        notesServer,
      ],
      grants: grants("issues", { "lead@example.com": "high" }),
    });
    const developer = humanKey("developer@example.com");
    await host.provisionFailing(model, (request) => request.startsWith("PATCH"));
    // The old policy denies the developer delete_issue by its trust, the new one by having no grant.
    expect(await sdk.check(developer, "delete_issue", onIssues)).toBe(false);
    expect(await sdk.check(developer, "list_issues", onIssues)).toBe(false);
  });
});
