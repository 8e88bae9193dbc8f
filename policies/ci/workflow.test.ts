/** The step of `.github/workflows/policy.yml` that posts the comment, against a server that speaks GitHub's API. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { commentMarker } from "../cli/diff/render-markdown.ts";
import { policiesProject } from "../cli/testing/run-policy.ts";

const step = z.looseObject({ uses: z.string().optional(), run: z.string().optional(), name: z.string().optional() });
const job = z.looseObject({ permissions: z.record(z.string(), z.string()), steps: z.array(step) });
const workflow = z
  .looseObject({
    on: z.record(z.string(), z.unknown()),
    permissions: z.object({}).strict(),
    jobs: z.record(z.string(), job),
  })
  .parse(parse(readFileSync(join(policiesProject, "../.github/workflows/policy.yml"), "utf8")));
const script = workflow.jobs.comment?.steps.find(({ name }) => name === "Post or update the comment")?.run ?? "";

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
  writeFileSync(join(folder, "review.md"), markdown);
  const api = `http://127.0.0.1:${port}/repos/o/r/issues`;
  const env = { PATH: process.env.PATH, TOKEN: token, COMMENTS: `${api}/7/comments`, COMMENT: `${api}/comments` };
  // The shell in which GitHub runs a step.
  return promisify(execFile)("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { cwd: folder, env });
}
const bot = { login: "github-actions[bot]" };

// GitHub's runners have them; a developer's machine may not. In CI they must not be skipped.
const canRun =
  process.env.CI !== undefined || ["curl", "jq"].every((name) => spawnSync(name, ["--version"]).status === 0);
const testStep = test.skipIf(!canRun);

testStep("posts the comment once, and updates it from then on", async () => {
  expect((await post()).stdout).toBe("https://github.example/comment\n");
  expect(comments.map(({ body }) => body)).toEqual([markdown]);
  await post();
  expect(comments.map(({ body }) => body)).toEqual([markdown]);
  expect(requests.at(-1)).toBe("PATCH /repos/o/r/issues/comments/1000");
});

testStep("finds it among hundreds of comments, and takes nobody else's for it", async () => {
  const others = Array.from({ length: 250 }, (_, id) => ({ id, user: bot, body: "another bot" }));
  const forged = { id: 500, user: { login: "mallory" }, body: `${commentMarker}\nforged` };
  const own = { id: 600, user: bot, body: `${commentMarker}\nold` };
  comments = [forged, ...others, own];
  await post();
  expect(own.body).toBe(markdown);
  expect(forged.body).toContain("forged");
  expect(comments).toHaveLength(252);
});

testStep("fails when GitHub refuses, and posts nothing", async () => {
  await expect(post("wrong")).rejects.toThrow();
  expect(comments).toEqual([]);
});

describe("the workflow", () => {
  test("runs the code of a pull request without a secret and without a right to write", () => {
    expect(Object.keys(workflow.on)).toEqual(["pull_request"]);
    expect(workflow.jobs.review?.permissions).toEqual({ contents: "read" });
    expect(workflow.jobs.comment?.permissions).toEqual({ "pull-requests": "write" });
    // Nothing of the pull request is there where the comment is written.
    expect(workflow.jobs.comment?.steps.map(({ uses }) => uses)).toEqual(["actions/download-artifact@v4", undefined]);
  });

  test("writes no expression into a script: what it holds would be run", () => {
    const runs = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(runs.length).toBeGreaterThan(2);
    for (const run of runs) expect(run).not.toContain("${{");
  });
});
