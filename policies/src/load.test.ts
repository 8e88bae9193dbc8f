import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { listHosts, loadHost, printDiagnostic } from "./load.ts";
import type { HostModel } from "./model.ts";

const demo = join(import.meta.dirname, "../hosts/demo");
let folder: string;
let dir: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policies-load-"));
});
beforeEach(() => {
  dir = join(mkdtempSync(join(folder, "host-")), "copy");
  cpSync(demo, dir, { recursive: true });
  // They are about the demo's own humans and tools, which the tests below replace.
  rmSync(join(dir, "tests"), { recursive: true });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function loaded(path: string): HostModel {
  const result = loadHost(path);
  if (!result.ok) throw new Error(result.diagnostics.map(printDiagnostic).join("\n"));
  return result.host;
}
function refused(path: string): readonly string[] {
  const result = loadHost(path);
  return result.ok ? [] : result.diagnostics.map((found) => printDiagnostic(found).replaceAll(path, "HOST"));
}
/** The text that a position points at, to the end of its line. */
function pointedAt({ file, line, column }: { file: string; line: number; column: number }): string {
  return (readFileSync(file, "utf8").split("\n")[line - 1] ?? "").slice(column - 1);
}

describe("the demo host", () => {
  test("is what its files say", () => {
    const host = loaded(demo);
    expect(host).toMatchObject({
      key: "demo",
      name: "Demo",
      permit: { project: "default", environment: "demo" },
      signIn: { password: { enabled: true } },
      admins: ["admin@example.com"],
    });
    expect(host.humans).toEqual([
      { email: "admin@example.com", groups: [] },
      { email: "contractor@example.com", groups: [] },
      { email: "developer@example.com", groups: ["engineering"] },
      { email: "lead@example.com", groups: ["engineering"] },
    ]);
    expect(host.grants.map(({ human, server, ceiling }) => `${server} ${human} ${ceiling}`)).toEqual([
      "everything developer@example.com low",
      "everything lead@example.com medium",
      "issues contractor@example.com low",
      "issues developer@example.com medium",
      "issues lead@example.com high",
    ]);
    expect(host.servers.map(({ key, url }) => `${key} ${url}`)).toEqual([
      "everything http://127.0.0.1:7802/mcp",
      "issues http://127.0.0.1:7801/mcp",
    ]);
  });

  test("lists exactly the tools that server-everything registers, always or by client capability", () => {
    const tools = join(import.meta.dirname, "../../node_modules/@modelcontextprotocol/server-everything/dist/tools");
    const registered = readdirSync(tools).filter((name) => name !== "index.js" && name.endsWith(".js"));
    const source = (name: string) => readFileSync(join(tools, name), "utf8");
    const names = registered.map(
      (name) => /^const name = "(.*)"/m.exec(source(name))?.[1] ?? /registerToolTask\("(.*?)"/.exec(source(name))?.[1],
    );
    const everything = loaded(demo).servers.find(({ key }) => key === "everything");
    expect(everything?.tools.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(everything?.tools.find(({ name }) => name === "get-env")?.trust).toBe("high");
  });

  test("positions point at the ceiling that holds and at the tool's name", () => {
    const host = loaded(demo);
    expect(host.grants.map(({ source }) => pointedAt(source))).toEqual(
      host.grants.map(({ ceiling }) => `${ceiling} }`),
    );
    for (const server of host.servers) {
      expect(pointedAt(server.source)).toBe(`name: ${server.name}`);
      for (const tool of server.tools) expect(pointedAt(tool.source)).toContain(`${tool.name}: {`);
    }
  });
});

describe("the model", () => {
  test("holds each human once, in lower case, and the first of equal ceilings", () => {
    writeFileSync(
      join(dir, "grants.yaml"),
      `groups:
  b: [Dev@example.com, dev@EXAMPLE.com]
  a: [dev@example.com]
grants:
  - { server: issues, group: b, ceiling: medium }
  - { server: issues, group: a, ceiling: medium }
  - { server: issues, human: DEV@example.com, ceiling: low }
`,
    );
    const host = loaded(dir);
    expect(host.humans).toEqual([
      { email: "admin@example.com", groups: [] },
      { email: "dev@example.com", groups: ["a", "b"] },
    ]);
    expect(host.grants).toEqual([
      {
        human: "dev@example.com",
        server: "issues",
        ceiling: "medium",
        group: "b",
        source: { file: join(dir, "grants.yaml"), line: 5, column: 42 },
      },
    ]);
  });

  test("takes a group named like a property of objects for what it is", () => {
    writeFileSync(
      join(dir, "grants.yaml"),
      "groups: { constructor: [dev@example.com] }\ngrants: [{ server: issues, group: constructor, ceiling: low }]\n",
    );
    expect(loaded(dir).grants.map(({ human }) => human)).toEqual(["dev@example.com"]);
  });

  test("gives a group without members to nobody", () => {
    writeFileSync(
      join(dir, "grants.yaml"),
      "groups: { none: [] }\ngrants: [{ server: issues, group: none, ceiling: high }]\n",
    );
    expect(loaded(dir).grants).toEqual([]);
  });

  test("keeps disabled tools, marked", () => {
    writeFileSync(
      join(dir, "servers/issues.yaml"),
      "name: I\ndescription: I\nurl: http://localhost/mcp\ntools: { x: { trust: high, enabled: false } }\n",
    );
    const issues = loaded(dir).servers.find(({ key }) => key === "issues");
    expect(issues?.tools).toMatchObject([{ name: "x", action: "x", trust: "high", enabled: false }]);
  });

  test("of a host without servers is empty, not wrong", () => {
    rmSync(join(dir, "servers"), { recursive: true });
    writeFileSync(join(dir, "grants.yaml"), "grants: []\n");
    expect(loaded(dir)).toMatchObject({ servers: [], grants: [] });
  });

  test("is the same for lines that end with CR LF, after a byte order mark", () => {
    const path = join(dir, "grants.yaml");
    const before = loaded(dir);
    writeFileSync(path, `\uFEFF${readFileSync(path, "utf8").replaceAll("\n", "\r\n")}`);
    expect(loaded(dir)).toEqual(before);
  });
});

describe("refused:", () => {
  const fileLink =
    "file-link: This is a symbolic link. (put the file or folder itself here: what a link points to can change without a review)";

  test("a link to a file outside", () => {
    const outside = join(folder, "outside.yaml");
    cpSync(join(demo, "servers/issues.yaml"), outside);
    symlinkSync(outside, join(dir, "servers/wiki.yaml"));
    expect(refused(dir)).toEqual([`HOST/servers/wiki.yaml:1:1 ${fileLink}`]);
  });

  test("a link in place of a needed file, and only once", () => {
    rmSync(join(dir, "host.yaml"));
    symlinkSync(join(demo, "host.yaml"), join(dir, "host.yaml"));
    expect(refused(dir)).toEqual([`HOST/host.yaml:1:1 ${fileLink}`]);
  });

  test("a link in place of the folder of servers", () => {
    rmSync(join(dir, "servers"), { recursive: true });
    symlinkSync(join(demo, "servers"), join(dir, "servers"));
    expect(refused(dir)).toContain(`HOST/servers:1:1 ${fileLink}`);
  });

  test.each(["", "/"])("a link in place of the host's folder%s", (slash) => {
    const link = `${dir}-link`;
    symlinkSync(demo, link);
    const result = loadHost(`${link}${slash}`);
    expect(result).toMatchObject({ ok: false, diagnostics: [{ code: "file-link", line: 1, column: 1 }] });
  });

  test("bytes that are not UTF-8", () => {
    writeFileSync(join(dir, "grants.yaml"), Buffer.from([0x67, 0x3a, 0x20, 0xff]));
    expect(refused(dir)).toEqual([
      "HOST/grants.yaml:1:1 file-unreadable: The file is not UTF-8 text. (save it as UTF-8)",
    ]);
  });

  test("a file too large to be a policy, without reading it", () => {
    writeFileSync(join(dir, "grants.yaml"), `#${"x".repeat(4 * 1024 * 1024)}`);
    expect(refused(dir)).toEqual([
      "HOST/grants.yaml:1:1 file-unreadable: The file is larger than 4194304 bytes. (split the host in two, or use groups)",
    ]);
  });

  test("a folder where a file should be", () => {
    rmSync(join(dir, "host.yaml"));
    mkdirSync(join(dir, "host.yaml"));
    expect(refused(dir)).toEqual([
      "HOST/host.yaml:1:1 file-unknown: This is not what its name says. (host.yaml and grants.yaml are files, servers and tests are folders)",
    ]);
  });

  test("a folder name that Permit does not accept as the host's key", () => {
    const spaced = join(mkdtempSync(join(folder, "host-")), "my host");
    cpSync(demo, spaced, { recursive: true });
    expect(refused(spaced)).toEqual([
      `HOST:1:1 host-key-form: The folder name "my host" can't be the key of a host. (use A-Z, a-z, 0-9, - and _ only)`,
    ]);
  });

  test("a folder that is not there", () => {
    expect(refused(join(folder, "nowhere"))).toEqual([
      "HOST:1:1 file-missing: There is no such folder. (a host is a folder with host.yaml in it)",
    ]);
  });

  test("a bomb of aliases, without expanding it", () => {
    const levels = Array.from({ length: 40 }, (_, level) =>
      level === 0 ? "a0: &a0 [x, x]" : `a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`,
    );
    writeFileSync(join(dir, "grants.yaml"), `${levels.join("\n")}\n`);
    const findings = refused(dir);
    expect(findings).toHaveLength(40 + 2 * 39);
    expect(findings.every((finding) => finding.includes(" yaml-plain: "))).toBe(true);
  });

  test("nesting deeper than the parser's stack, in one finding", () => {
    writeFileSync(join(dir, "grants.yaml"), "[".repeat(20_000));
    expect(refused(dir)).toEqual([expect.stringMatching(/^HOST\/grants\.yaml:1:\d+ yaml-syntax: /)]);
  });
});

test("a finding stays on its line and in its terminal, whatever the files hold", () => {
  writeFileSync(join(dir, "servers/a\nb.yaml"), "name: A\n");
  writeFileSync(
    join(dir, "grants.yaml"),
    'grants: [{ server: "\\e[2J\\n::error::x", human: a@example.com, ceiling: low }]\n',
  );
  const findings = refused(dir);
  expect(findings.filter((finding) => /\p{Cc}/u.test(finding))).toEqual([]);
  expect(findings).toContainEqual(expect.stringContaining("servers/a\\u{a}b.yaml:1:1"));
});

describe("a server that builds on a shared file", () => {
  let host: HostModel;
  let shared: string;
  beforeEach(() => {
    const root = mkdtempSync(join(folder, "shared-"));
    dir = join(root, "hosts/copy");
    shared = join(root, "servers");
    cpSync(demo, dir, { recursive: true });
    mkdirSync(shared);
    const tools = "tools:\n  read_page: { trust: low }\n  delete_page: { trust: high }\n";
    const wiki = "name: Wiki\ndescription: A wiki.\nurl: https://wiki.example.com/mcp\nconsentDays: 30\n";
    writeFileSync(join(shared, "wiki.yaml"), `${wiki}${tools}`);
    const own = "shared: wiki\nurl: https://staging.example.com/mcp\nauth: { type: oauth }\ntools:\n";
    const changes = "  delete_page: { trust: high, enabled: false }\n  add_page: { trust: medium, approval: true }\n";
    writeFileSync(join(dir, "servers/wiki.yaml"), `${own}${changes}`);
    host = loaded(dir);
  });
  const wiki = () => host.servers.find(({ key }) => key === "wiki");

  test("has what the shared file says, but for what the host says otherwise", () => {
    expect(wiki()).toMatchObject({
      name: "Wiki",
      url: "https://staging.example.com/mcp",
      auth: { type: "oauth" },
      consentDays: 30,
    });
    expect(wiki()?.tools.map(({ name, trust, enabled }) => [name, trust, enabled])).toEqual([
      ["read_page", "low", true],
      ["delete_page", "high", false],
      ["add_page", "medium", true],
    ]);
  });

  test("points at the file that says it", () => {
    const places = wiki()?.tools.map(({ source }) => `${source.file}:${source.line}`);
    const own = join(dir, "servers/wiki.yaml");
    expect(places).toEqual([`${join(shared, "wiki.yaml")}:6`, `${own}:5`, `${own}:6`]);
    expect(wiki()?.tools[2]?.approval.map(({ scope, source }) => [scope, pointedAt(source)])).toEqual([
      ["tool", "true }"],
    ]);
  });

  test("is refused when the shared file is a link", () => {
    rmSync(join(shared, "wiki.yaml"));
    symlinkSync(join(demo, "servers/issues.yaml"), join(shared, "wiki.yaml"));
    expect(refused(dir)).toEqual([
      expect.stringMatching(/^HOST\/servers\/wiki\.yaml:1:9 shared-server-known: There is no shared server "wiki"/),
      expect.stringContaining("wiki.yaml:1:1 file-link: "),
    ]);
  });
});

describe("a tool's approval", () => {
  test("is asked for by each line that says so; none takes another away", () => {
    const text = readFileSync(join(dir, "host.yaml"), "utf8");
    writeFileSync(join(dir, "host.yaml"), `${text}\napprovers: [lead@example.com]\napproval: { from: high }\n`);
    const issues = readFileSync(join(dir, "servers/issues.yaml"), "utf8");
    const changed = issues.replace("get_issue: { trust: low }", "get_issue: { trust: low, approval: true }");
    writeFileSync(join(dir, "servers/issues.yaml"), `${changed}approval: { from: medium }\n`);
    const tools = loaded(dir).servers.find(({ key }) => key === "issues")?.tools ?? [];
    expect(tools.map(({ name, approval }) => [name, approval.map(({ scope }) => scope)])).toEqual([
      ["list_issues", []],
      ["get_issue", ["tool"]],
      ["create_issue", ["server"]],
      ["update_issue", ["server"]],
      ["delete_issue", ["server", "host"]],
      ["delete_project", ["server", "host"]],
    ]);
  });
});

describe("hosts of a policies folder", () => {
  test("are all listed, so that a broken one is not passed over", () => {
    const policies = mkdtempSync(join(folder, "policies-"));
    mkdirSync(join(policies, "empty"), { recursive: true });
    cpSync(demo, join(policies, "demo"), { recursive: true });
    symlinkSync(demo, join(policies, "linked"));
    expect(listHosts(policies)?.map(({ key }) => key)).toEqual(["demo", "empty", "linked"]);
    expect(listHosts(policies)?.map(({ dir }) => loadHost(dir).ok)).toEqual([true, false, false]);
  });

  test("are undefined where there is no such folder", () => {
    expect(listHosts(join(folder, "nowhere"))).toBeUndefined();
  });
});
