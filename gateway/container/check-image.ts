/**
 * `npm run gateway:image:check`: builds the image with buildah, looks at what is in it, and puts its process under the
 * smoke run: read-only, without root's rights, against local Permit and a real PostgreSQL. Needs root and PostgreSQL;
 * the base images come from `npm run image:base` when they are not there.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { setup as startPostgres } from "../testing/postgres.ts";

const root = join(import.meta.dirname, "../..");
const image = "localhost/permit-mcp-gateway-check";
const bases = { "--base": "localhost/node-runtime", "--build-base": "localhost/node-build" };
process.env.BUILDAH_ISOLATION = "chroot";

const say = (line: string) => process.stderr.write(`${line}\n`);
let failed = 0;
function expect(what: string, holds: boolean): void {
  say(`${holds ? "  ok    " : "  FAILED"} ${what}`);
  if (!holds) failed += 1;
}

const buildah = (...args: readonly string[]) => execFileSync("buildah", args, { encoding: "utf8" }).trim();
/** Runs a command of ours; its output is shown. Returns whether it ended with 0. */
function run(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): boolean {
  const env = { ...process.env, ...environment };
  return spawnSync(program, args, { cwd: root, env, stdio: ["ignore", 2, 2] }).status === 0;
}

const imageSchema = z.object({
  Docker: z.object({
    config: z.object({
      User: z.string(),
      Env: z.array(z.string()),
      WorkingDir: z.string(),
      Entrypoint: z.array(z.string()),
      Cmd: z.array(z.string()),
      Labels: z.record(z.string(), z.string()),
      Healthcheck: z.object({ Test: z.array(z.string()) }),
    }),
  }),
});

/** Every file below a folder, by its path from there. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (path) => !lstatSync(join(folder, path)).isDirectory(),
  );

/** Shows an image's file system to `look` in a folder. */
async function mounted<T>(name: string, look: (folder: string) => T | Promise<T>): Promise<T> {
  const container = buildah("from", "--pull-never", name);
  try {
    return await look(buildah("mount", container));
  } finally {
    buildah("umount", container);
    buildah("rm", container);
  }
}

function build(): void {
  const there = buildah("images", "--format", "{{.Name}}").split("\n");
  if (!Object.values(bases).every((base) => there.includes(base)) && !run("npm", ["run", "-s", "image:base"])) {
    throw new Error("The base images could not be made.");
  }
  const args = Object.entries({ ...bases, "--tag": image }).flat();
  if (!run("bash", ["gateway/container/build.sh", ...args], { BUILDER: "buildah", BUILDER_ARGS: "--quiet" })) {
    throw new Error("The image could not be built.");
  }
}

/** What reached the build of all that lies in the repository. */
async function lookAtBuildContext(): Promise<void> {
  const stage = buildah(
    ...["build", "--quiet", "--layers", "--format", "docker", "--target", "build", "--file", "gateway/Dockerfile"],
    ...["--build-arg", `BASE=${bases["--base"]}`, "--build-arg", `BUILD_BASE=${bases["--build-base"]}`, root],
  );
  await mounted(stage, (folder) => {
    const own = (path: string) =>
      readdirSync(join(folder, "build", path))
        .toSorted()
        .join(" ");
    expect(`built from: ${own(".")}`, !/\.git|\.ci|\.env|stacks|README/.test(own(".")));
    expect(`of gateway: ${own("gateway")}`, /^container (node_modules )?package\.json src web$/.test(own("gateway")));
    expect(`of infra: ${own("infra")}`, own("infra") === "package.json");
    expect(`of policies: ${own("policies")}`, /^(node_modules )?package\.json src$/.test(own("policies")));
    const hidden = filesBelow(join(folder, "build")).filter(
      (path) => !path.includes("node_modules") && /(^|\/)\.|\.test\.ts$|\.(pem|key)$/.test(path),
    );
    expect(`no hidden file, test or key among them ${hidden.join(" ")}`, hidden.length === 0);
  });
}

function lookInside(folder: string): void {
  const files = filesBelow(join(folder, "app"));
  const foreign = files.filter((path) => !/^(dist|web\/dist|LICENSE$|package\.json$|sbom\.cdx\.json$)/.test(path));
  expect(`/app holds ${files.length} files, all of them ours ${foreign.join(" ")}`, foreign.length === 0);
  const open = files.filter((path) => {
    const { uid, mode } = lstatSync(join(folder, "app", path));
    return uid !== 0 || (mode & 0o022) !== 0;
  });
  expect(`only root could write them ${open.join(" ")}`, open.length === 0);
  const again = mkdtempSync(join(tmpdir(), "gateway-bundle-"));
  run("node", ["gateway/container/bundle.ts", again]);
  const here = (path: string) => readFileSync(join(again, path));
  const other = files.filter((path) => !here(path).equals(readFileSync(join(folder, "app", path))));
  expect(`made here they are the same, byte for byte ${other.join(" ")}`, other.length === 0);
  rmSync(again, { recursive: true });
  const data = lstatSync(join(folder, "data"));
  expect(
    `/data is of ${data.uid}, mode ${(data.mode & 0o777).toString(8)}`,
    data.uid === 10001 && (data.mode & 0o777) === 0o700,
  );
  const sbom = JSON.parse(readFileSync(join(folder, "app/sbom.cdx.json"), "utf8")) as { components: unknown[] };
  expect(`the bill of materials lists ${sbom.components.length} packages`, sbom.components.length > 50);
  const shells = ["bin/sh", "bin/bash", "usr/bin/sh", "bin/busybox"].filter((path) => {
    try {
      return lstatSync(join(folder, path)).isFile();
    } catch {
      return false;
    }
  });
  expect(`there is no shell ${shells.join(" ")}`, shells.length === 0);
}

say("Building");
build();
await lookAtBuildContext();

say("\nLooking into the image");
const size = buildah("images", "--format", "{{.Size}}", image);
say(`          ${size}, of it ${buildah("images", "--format", "{{.Size}}", bases["--base"])} the base`);
const { config } = imageSchema.parse(JSON.parse(buildah("inspect", "--type", "image", image))).Docker;
expect(`user ${config.User}`, /^[1-9]\d*:[1-9]\d*$/.test(config.User));
expect(
  `environment ${config.Env.join(" ")}`,
  config.Env.every((line) => /^(PATH|NODE_ENV)=/.test(line)),
);
const health = config.Healthcheck.Test;
expect(`health check ${health.join(" ")}`, health[0] === "CMD");
const labels = Object.keys(config.Labels).filter((name) => name.startsWith("org.opencontainers.image."));
expect(`labels ${labels.map((name) => name.slice(25)).join(" ")}`, labels.length >= 6);

await mounted(image, async (folder) => {
  lookInside(folder);
  const user = [folder, config.User, config.WorkingDir];
  // The image's PATH first; ours, for what prepares the file system, then finds nothing in it.
  const env = config.Env.map((line) => (line.startsWith("PATH=") ? `${line}:/usr/sbin:/sbin` : line));
  const command = (program: readonly string[]) => [
    "env",
    ...env,
    join(root, "infra/local/container/run.sh"),
    ...[...user, ...program],
  ];
  const [program = "", ...args] = command(health.slice(1));
  expect("the health check fails when nothing runs, and says nothing", !run(program, args, { PORT: "1" }));

  say("\nThe smoke run with the image's process and PostgreSQL");
  const stopPostgres = await startPostgres();
  try {
    const gateway = command([...config.Entrypoint, ...config.Cmd]);
    const url = process.env.DATABASE_URL_TEST ?? "";
    expect("smoke", run("node", ["infra/local/smoke.ts", "--database-url", url, "--", ...gateway]));
    say("\nKilled and stopped: the tests of the process, with the image's");
    const tests = ["vitest", "run", "infra/local/image-process.test.ts"];
    expect("kill and stop", run("npx", tests, { GATEWAY_COMMAND: JSON.stringify(gateway) }));
  } finally {
    stopPostgres?.();
  }
});
buildah("rmi", image);
say(failed === 0 ? "\nThe image is good." : `\n${failed} checks failed.`);
process.exitCode = failed === 0 ? 0 : 1;
