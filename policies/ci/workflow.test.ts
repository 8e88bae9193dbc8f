/**
 * The workflows: the step that posts the comment, against a server that speaks GitHub's API; the one that takes the policy
 * files of a pull request; and who may do what.
 */
import { execFile, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { commentMarker } from "../cli/diff/render-markdown.ts";
import { policiesProject } from "../cli/testing/run-policy.ts";

const step = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  name: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const job = z.looseObject({
  if: z.string().optional(),
  environment: z.string().optional(),
  uses: z.string().optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  steps: z.array(step).optional(),
});
const workflowSchema = z.looseObject({
  on: z.record(z.string(), z.unknown()),
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), job),
});
const folderOfWorkflows = join(policiesProject, "../.github/workflows");
const files = readdirSync(folderOfWorkflows).filter((name) => name.endsWith(".yml"));
const workflows = new Map(
  files.map((name) => [name, workflowSchema.parse(parse(readFileSync(join(folderOfWorkflows, name), "utf8")))]),
);
const jobs = [...workflows].flatMap(([file, { jobs }]) =>
  Object.entries(jobs).map(([name, job]) => ({ file, name, ...job })),
);
const jobOf = (file: string, name: string) => jobs.find((each) => each.file === file && each.name === name);
const scriptOf = (file: string, name: string, step: string) =>
  jobOf(file, name)?.steps?.find((each) => each.name === step)?.run ?? "";
const script = scriptOf("preview.yml", "comment", "Post or update the comment");

interface Comment {
  readonly id: number;
  readonly user: { readonly login: string };
  body: string;
}
let comments: Comment[];
let requests: string[];
let server: Server;
let folder: string;
/** The three calls of GitHub's REST API that the step makes: list, create and update comments of an issue. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  requests.push(`${request.method} ${request.url}`);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? "", "http://127.0.0.1");
  const page = Number(url.searchParams.get("page"));
  const answer = (value: unknown) => response.setHeader("content-type", "application/json").end(JSON.stringify(value));
  if (request.headers.authorization !== "Bearer secret") response.statusCode = 401;
  if (response.statusCode === 401) answer({ message: "Bad credentials" });
  else if (request.method === "GET") answer(comments.slice((page - 1) * 100, page * 100));
  else {
    const { body } = z.object({ body: z.string() }).parse(JSON.parse(Buffer.concat(chunks).toString()));
    const id = Number(url.pathname.split("/").at(-1));
    const found = comments.find((comment) => comment.id === id);
    if (found !== undefined) found.body = body;
    else comments.push({ id: 1000 + comments.length, user: { login: "github-actions[bot]" }, body });
    answer({ html_url: "https://github.example/comment" });
  }
}
beforeEach(async () => {
  comments = [];
  requests = [];
  folder = mkdtempSync(join(tmpdir(), "policy-workflow-"));
  server = createServer((request, response) => {
    void serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const markdown = `${commentMarker}\n### Policy: "nothing" \\ $HOME \`id\`\n`;
function post(token = "secret") {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  mkdirSync(join(folder, "review"), { recursive: true });
  writeFileSync(join(folder, "review/review.md"), markdown);
  const api = `http://127.0.0.1:${port}/repos/o/r/issues`;
  const env = { PATH: process.env.PATH, TOKEN: token, COMMENTS: `${api}/7/comments`, COMMENT: `${api}/comments` };
  return runStep(script, env);
}
/** In the shell in which GitHub runs a step. */
const runStep = (text: string, env: NodeJS.ProcessEnv) =>
  promisify(execFile)("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", text], { cwd: folder, env });
const posted = `${commentMarker}\n${markdown}`;
const bot = { login: "github-actions[bot]" };

// GitHub's runners have them; a developer's machine may not. In CI they must not be skipped.
const canRun =
  process.env.CI !== undefined || ["curl", "jq"].every((name) => spawnSync(name, ["--version"]).status === 0);
const testStep = test.skipIf(!canRun);

testStep("posts the comment once, and updates it from then on", async () => {
  expect((await post()).stdout).toBe("https://github.example/comment\n");
  expect(comments.map(({ body }) => body)).toEqual([posted]);
  await post();
  expect(comments.map(({ body }) => body)).toEqual([posted]);
  expect(requests.at(-1)).toBe("PATCH /repos/o/r/issues/comments/1000");
});

testStep("finds it among hundreds of comments, and takes nobody else's for it", async () => {
  const others = Array.from({ length: 250 }, (_, id) => ({ id, user: bot, body: "another bot" }));
  const forged = { id: 500, user: { login: "mallory" }, body: `${commentMarker}\nforged` };
  const own = { id: 600, user: bot, body: `${commentMarker}\nold` };
  comments = [forged, ...others, own];
  await post();
  expect(own.body).toBe(posted);
  expect(forged.body).toContain("forged");
  expect(comments).toHaveLength(252);
});

testStep("fails when GitHub refuses, and posts nothing", async () => {
  await expect(post("wrong")).rejects.toThrow();
  expect(comments).toEqual([]);
});

testStep("previews stand before the review, and only those that the preview job wrote", async () => {
  mkdirSync(join(folder, "previews"));
  writeFileSync(join(folder, "previews/staging.md"), "preview of staging\n");
  symlinkSync("/etc/passwd", join(folder, "previews/link.md"));
  mkdirSync(join(folder, "review"));
  writeFileSync(join(folder, "review/preview-production.md"), "forged");
  await post();
  expect(comments.map(({ body }) => body)).toEqual([`${commentMarker}\npreview of staging\n${markdown}`]);
  writeFileSync(join(folder, "previews/staging.md"), "long ".repeat(20_000));
  await post();
  expect(comments[0]?.body.length).toBeLessThan(65_536);
  expect(comments[0]?.body).toContain("… the rest is in the summaries of the jobs");
});

testStep("a pull request's policy is taken when it is files and folders, and not otherwise", async () => {
  const take = () => runStep(scriptOf("preview.yml", "preview", "Take the policy files"), { PATH: process.env.PATH });
  const hosts = join(folder, "pull-request/policies/hosts");
  const prepare = () => {
    mkdirSync(join(folder, "policies/hosts/old"), { recursive: true });
    mkdirSync(join(hosts, "new"), { recursive: true });
    writeFileSync(join(hosts, "new/host.yaml"), "name: New\n");
  };
  prepare();
  symlinkSync("/proc/self/environ", join(hosts, "new/grants.yaml"));
  await expect(take()).rejects.toThrow();
  expect(existsSync(join(folder, "policies/hosts/old"))).toBe(true);
  rmSync(join(hosts, "new/grants.yaml"));
  await take();
  expect(readdirSync(join(folder, "policies/hosts"))).toEqual(["new"]);
  expect(existsSync(join(folder, "pull-request"))).toBe(false);
});

test("what pulumi preview prints can't leave its block", () => {
  const section = join(policiesProject, "ci/preview-section.ts");
  const input = "\u001b[31m~ grants: ```\n</details>\n@everyone [here](https://evil.example)\n";
  const { stdout } = spawnSync(process.execPath, [section, "acme`", "1"], { input, encoding: "utf8" });
  expect(stdout).toBe(
    [
      "<details open><summary>❌ <code>pulumi preview</code> failed</summary>",
      "",
      "Stack `` acme` ``, as it would be after a merge now:",
      "",
      "````text",
      "~ grants: ```",
      "</details>",
      "@everyone [here](https://evil.example)",
      "````",
      "",
      "</details>",
      "",
    ].join("\n"),
  );
});

describe("the workflows", () => {
  test("the code of a pull request runs without a secret and without a right to write", () => {
    for (const [file, { on, permissions }] of workflows) {
      if (file !== "ci.yml") expect(permissions).toEqual({});
      expect(Object.keys(on)).not.toContain("pull_request_target");
    }
    const ofPullRequests = jobs.filter(({ file }) => "pull_request" in (workflows.get(file)?.on ?? {}));
    expect(ofPullRequests.map(({ name }) => name)).toEqual(["check", "image", "review"]);
    for (const { permissions, environment, steps } of ofPullRequests) {
      expect([permissions ?? { contents: "read" }, environment]).toEqual([{ contents: "read" }, undefined]);
      expect(JSON.stringify(steps)).not.toMatch(/secrets\.|github\.token/);
    }
  });

  test("credentials are for environments, and for no pull request of a fork", () => {
    const withToken = jobs.filter(({ permissions }) => permissions?.["id-token"] !== undefined);
    expect(withToken.map(({ file, name, environment, uses }) => [file, name, environment ?? uses])).toEqual([
      ["deploy-stack.yml", "plan", "preview"],
      ["deploy-stack.yml", "up", `\${{ inputs.stack }}`],
      ["deploy.yml", "stacks", "./.github/workflows/deploy-stack.yml"],
      ["preview.yml", "preview", "preview"],
    ]);
    for (const name of ["preview", "comment"]) {
      expect(jobOf("preview.yml", name)?.if).toContain("head_repository.full_name == github.repository");
    }
    expect(Object.keys(workflows.get("deploy.yml")?.on ?? {})).toEqual(["push", "workflow_dispatch"]);
    expect(jobOf("deploy.yml", "stacks")?.if).toContain("github.ref == 'refs/heads/main'");
    expect(JSON.stringify(jobs)).not.toMatch(/secrets\.|aws-access-key-id|aws-secret/);
  });

  test("beside credentials a pull request is policy files only, and nothing of it is there where something is written", () => {
    const checkouts = jobOf("preview.yml", "preview")?.steps?.filter(({ uses }) =>
      uses?.startsWith("actions/checkout"),
    );
    expect(checkouts?.map((each) => each.with)).toEqual([
      { "persist-credentials": false },
      {
        ref: `refs/pull/\${{ github.event.workflow_run.pull_requests[0].number }}/merge`,
        path: "pull-request",
        "persist-credentials": false,
        "sparse-checkout": "policies/hosts",
      },
    ]);
    const writing = jobs.filter(({ permissions = {} }) =>
      Object.entries(permissions).some(([name, level]) => level === "write" && name !== "id-token"),
    );
    expect(writing.map(({ file, name }) => [file, name])).toEqual([["preview.yml", "comment"]]);
    const comment = jobOf("preview.yml", "comment");
    expect(comment?.permissions).toEqual({ actions: "read", "pull-requests": "write" });
    expect(comment?.steps?.map(({ uses }) => uses?.split("@")[0])).toEqual([
      "actions/download-artifact",
      "actions/download-artifact",
      undefined,
    ]);
  });

  test("write no expression into a script: what it holds would be run", () => {
    const runs = jobs.flatMap(({ steps = [] }) => steps.flatMap(({ run }) => run ?? []));
    expect(runs.length).toBeGreaterThan(8);
    for (const run of runs) expect(run).not.toContain("${{");
  });

  test("pin actions by commit and Pulumi to the version of the program", () => {
    const steps = jobs.flatMap(({ steps = [] }) => steps);
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(10);
    for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    const { dependencies } = z
      .looseObject({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(policiesProject, "../infra/package.json"), "utf8")));
    const versions = steps.flatMap((each) => each.with?.["pulumi-version"] ?? []);
    expect(versions).toEqual(Array(3).fill(dependencies["@pulumi/pulumi"]));
  });
});
