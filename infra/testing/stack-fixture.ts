import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dayOf, type HostModel, plan } from "@permit-mcp-gateway/policies";
import { loadHost } from "@permit-mcp-gateway/policies/load";
import { Permit } from "permitio";
import { startLocalPermit } from "../local/permit/start.ts";
import { applyPlan, connectOrganization, readEnvironmentKey } from "../permit/index.ts";
import { createPulumiProject } from "./pulumi-project.ts";
import { startRecordingProxy } from "./recording-proxy.ts";

/** Secret of the gateway in the stacks of the tests. */
const authSecret = "auth-secret-value-of-32-characters";

/**
 * A local Permit behind a proxy that counts, and Pulumi projects whose stacks are the demo's host in it. `texts` gathers
 * all that a run printed and all that it left in its state, for what must not be in any of them.
 */
export async function startStackFixture() {
  const permit = await startLocalPermit({ port: 0 });
  const proxy = await startRecordingProxy(permit.url);
  // Past the proxy: what a test does itself is not counted.
  const organization = connectOrganization({ apiUrl: permit.url, apiKey: permit.orgKey });
  const place = { project: "default", environment: "demo" };
  const projects: Awaited<ReturnType<typeof createPulumiProject>>[] = [];
  const texts: string[] = [];
  const readModel = (folder: string): HostModel => {
    const loaded = loadHost(folder);
    if (!loaded.ok) throw new Error("The policy has findings.");
    return loaded.host;
  };

  return {
    permitUrl: permit.url,
    proxy,
    organization,
    place,
    texts: texts as readonly string[],
    secrets: async () => [permit.orgKey, authSecret, await readEnvironmentKey(organization, place)] as const,
    /** A project with one stack, and a policy folder of its own. */
    async createProject(config: Readonly<Record<string, string>> = {}) {
      const created = await createPulumiProject("demo", {
        plain: { permitApiUrl: proxy.url, permitPdpUrl: proxy.url, publicUrl: "https://mcp.example.com", ...config },
        secrets: { permitApiKey: permit.orgKey, authSecret },
      });
      projects.push(created);
      const pulumi = async (...args: readonly string[]) => {
        const run = await created.pulumi(...args);
        texts.push(run.output, created.stateText());
        return run;
      };
      return {
        ...created,
        pulumi,
        must: async (...args: readonly string[]) => {
          const run = await pulumi(...args);
          if (run.status !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${run.status}:\n${run.output}`);
          return run.output;
        },
        /** Replaces a text in a file of the policy. Throws when it is not there. */
        editPolicy: (file: string, before: string, after: string) => {
          const path = join(created.policy, file);
          const content = readFileSync(path, "utf8");
          if (!content.includes(before)) throw new Error(`${file} has no "${before}".`);
          writeFileSync(path, content.replace(before, after));
        },
        /** What the local start would still have to do in Permit: nothing when the stack made all of its policy. */
        leftToDo: async () =>
          (await applyPlan(organization, plan(readModel(created.policy), dayOf(new Date())))).changes,
      };
    },
    /** The unmodified SDK with the environment's key. */
    async sdk(): Promise<Permit> {
      const token = await readEnvironmentKey(organization, place);
      return new Permit({ token, apiUrl: permit.url, pdp: permit.url, log: { level: "silent" } });
    },
    async close() {
      for (const project of projects) project.close();
      proxy.close();
      await permit.close();
    },
  };
}

export type StackFixture = Awaited<ReturnType<typeof startStackFixture>>;
export type StackProject = Awaited<ReturnType<StackFixture["createProject"]>>;
