import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLocalPermit } from "./local/permit/start.ts";
import { createPulumiProject, hasPulumiCli, type PulumiProject } from "./testing/pulumi-project.ts";
import { startRecordingProxy } from "./testing/recording-proxy.ts";

describe.skipIf(!hasPulumiCli)(
  "a stack under the real engine",
  () => {
    let permit: Awaited<ReturnType<typeof startLocalPermit>>;
    let proxy: Awaited<ReturnType<typeof startRecordingProxy>>;
    let project: PulumiProject;

    beforeAll(async () => {
      permit = await startLocalPermit({ port: 0 });
      proxy = await startRecordingProxy(permit.url);
      project = await createPulumiProject("demo", {
        plain: {
          policies: "policies/hosts/demo",
          permitApiUrl: proxy.url,
          permitPdpUrl: proxy.url,
          publicUrl: "https://mcp.example.com",
        },
        secrets: { permitApiKey: permit.orgKey, authSecret: "auth-secret-value-of-32-characters" },
      });
    });
    afterAll(async () => {
      project?.close();
      proxy.close();
      await permit.close();
    });

    test("the first up makes the host", async () => {
      expect(await project.must("up", "--yes", "--skip-preview")).toContain("14 created");
      expect(proxy.take().writes).toHaveLength(14);
    });

    test("a second one changes nothing", async () => {
      expect(await project.must("up", "--yes", "--skip-preview")).toContain("14 unchanged");
      expect(proxy.take().writes).toEqual([]);
    });
  },
  60_000,
);
