/**
 * `npm run bench -- up`: a large host under the real Pulumi engine, against a local Permit. How long a first `up`, one
 * without changes, a refresh and an `up` with one changed grant take, how much memory, and what they ask of Permit. Keeps
 * to the limits of Permit's service, so a first `up` waits as it would there, unless told otherwise.
 *
 *     npm run bench -- up [--humans 10000] [--servers 50] [--tools 100] [--servers-per-human 4] [--limits permit|none]
 */
import { rmSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { generateHost, hostSizeOptions, sizeOf } from "@permit-mcp-gateway/policies/testing/generate-host";
import { type HostValues, writeHost } from "@permit-mcp-gateway/policies/testing/host-values";
import { startLocalPermit } from "../local/permit/start.ts";
import { permitRateLimits } from "../permit/rate-limits.ts";
import { createPulumiProject } from "../testing/pulumi-project.ts";
import { type SeenRequest, startRecordingProxy } from "../testing/recording-proxy.ts";
import { measureMemory } from "./process-memory.ts";

const { values } = parseArgs({
  options: {
    ...hostSizeOptions,
    "servers-per-human": { type: "string", default: "4" },
    limits: { type: "string", default: "permit" },
  },
});
const size = sizeOf(values);
const perHuman = Number(values["servers-per-human"]);

/** A company in which each server has a team: its people use that server and a few others. */
function companyOf(host: HostValues): HostValues {
  const servers = Object.keys(host.servers);
  const people = Object.values(host.grants.groups ?? {}).flat();
  const groups: Record<string, string[]> = Object.fromEntries(servers.map((server) => [`team-of-${server}`, []]));
  for (const [index, email] of [...new Set(people)].entries()) {
    groups[`team-of-${servers[index % servers.length]}`]?.push(email);
  }
  const grants = servers.flatMap((_, index) =>
    Array.from({ length: perHuman }, (_, offset) => ({
      server: servers[(index + offset) % servers.length] ?? "",
      group: `team-of-${servers[index]}`,
      ceiling: offset === 0 ? ("high" as const) : ("low" as const),
    })),
  );
  // On a server that the team of the first human does not have.
  const first = { server: servers[perHuman] ?? "", human: people[0] ?? "", ceiling: "medium" as const };
  return { ...host, host: { ...host.host, approvers: [] }, grants: { groups, grants: [...grants, first] } };
}

/** The most requests of any minute or other window that a limit counts, and the limit. */
function peaks(requests: readonly { readonly request: SeenRequest; readonly atMs: number }[]): readonly string[] {
  return permitRateLimits.map(({ text, requestsMax, windowMs, counts }) => {
    const times = requests.flatMap(({ request, atMs }) => {
      const [method = "", path = ""] = request.split(" ");
      return counts(method, path.startsWith("schema/") ? `/v2/${path}` : path) ? [atMs] : [];
    });
    const most = times.reduce((max, start, index) => {
      const inWindow = times.slice(index).filter((time) => time - start < windowMs).length;
      return Math.max(max, inWindow);
    }, 0);
    return `    ${String(most).padStart(5)} of ${requestsMax} (${text})`;
  });
}

const print = (line: string) => process.stdout.write(`${line}\n`);

const permit = await startLocalPermit({ port: 0 });
const proxy = await startRecordingProxy(permit.url);
const project = await createPulumiProject("bench", {
  plain: {
    permitApiUrl: proxy.url,
    permitPdpUrl: proxy.url,
    publicUrl: "https://mcp.example.com",
    permitPlan: "unlimited",
    permitRateLimits: values.limits,
  },
  secrets: { permitApiKey: permit.orgKey, authSecret: "auth-secret-value-of-32-characters" },
});

async function run(what: string, ...args: readonly string[]): Promise<void> {
  const startedMs = performance.now();
  const child = project.start(...args);
  const memory = measureMemory(child.pid ?? 0);
  const exit = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const [output, errors, status] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  const seconds = (performance.now() - startedMs) / 1_000;
  if (status !== 0) throw new Error(`${what} ended with ${status}:\n${output}${errors}`);
  const requests = proxy.take();
  const kinds = Object.entries(Object.groupBy(requests.writes, (request) => request.replace(/[^/ ]+-\d+.*/, "…")));
  const resources = /Resources:\n((?: .*\n)+)/.exec(output)?.[1]?.trim().split(/\n\s*/).join(", ");
  print(`\n${what}: ${seconds.toFixed(1)} s, memory of all processes at most ${memory.stop()} MB; ${resources}`);
  print(`  ${requests.all.length - requests.writes.length} reads, ${requests.writes.length} writes`);
  for (const [kind, all] of kinds) print(`    ${String(all?.length).padStart(5)} ${kind}`);
  if (requests.timed.length > 0) for (const line of ["  most at a time:", ...peaks(requests.timed)]) print(line);
  for (const line of output.split("\n").filter((line) => /^ +Permit allows/.test(line))) print(`  ${line.trim()}`);
}

try {
  const host = companyOf(generateHost(size));
  rmSync(project.policy, { recursive: true });
  writeHost(host, project.policy);
  print(
    `${size.servers} servers, ${size.tools} tools each, ${size.humans} humans, ${perHuman} grants each; ` +
      `${cpus().length} CPUs, load ${loadavg()[0]?.toFixed(1)}`,
  );
  await run("First up", "up", "--yes", "--skip-preview");
  await run("Up without changes", "up", "--yes", "--skip-preview");
  await run("Refresh", "refresh", "--yes", "--skip-preview");
  const grants = host.grants.grants ?? [];
  const changed = grants.map((grant) => (grant.human === undefined ? grant : { ...grant, ceiling: "low" as const }));
  writeHost({ ...host, grants: { ...host.grants, grants: changed } }, project.policy);
  await run("Preview of one changed grant", "preview");
  await run("Up with one changed grant", "up", "--yes", "--skip-preview");
} finally {
  project.close();
  proxy.close();
  await permit.close();
}
