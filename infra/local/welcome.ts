import type { HostModel } from "@permit-mcp-gateway/policies";
import type { LocalHost } from "./up.ts";

function ceilings(model: HostModel, email: string): string {
  const own = model.grants.filter((grant) => grant.human === email).map((grant) => `${grant.server} ${grant.ceiling}`);
  return own.length === 0 ? "no grants" : own.join(", ");
}

/** Not the one that stands for all that humans enter: it has no address. */
const withUrl = ({ servers }: HostModel) => servers.filter(({ url }) => url !== undefined);

/** The server that most humans may use: the one to show first. */
function mainServer(model: HostModel): string {
  const grants = (key: string) => model.grants.filter((grant) => grant.server === key).length;
  return withUrl(model).toSorted((a, b) => grants(b.key) - grants(a.key))[0]?.key ?? "";
}

/** Rows as lines, every column but the last padded to its widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}

/** What `npm start` prints when the host is up: URL, accounts, client snippets, three things to try. */
export function welcome(host: LocalHost, policyDir: string): string {
  const { model, gatewayUrl } = host;
  const key = mainServer(model);
  const url = `${gatewayUrl}/mcp/${key}`;
  const snippet = (list: string, server: object) => JSON.stringify({ [list]: { [key]: server } });
  return `
The host "${model.key}" is up.

${table([
  ["Gateway", gatewayUrl, ""],
  ...withUrl(model).map((server) => ["MCP server", `${gatewayUrl}/mcp/${server.key}`, server.name]),
])}

Demo accounts (e-mail, password, ceilings)
${table(model.humans.map(({ email }) => [email, host.accounts[email] ?? "", ceilings(model, email)]))}

Connect a client
${table([
  ["Claude Code", `claude mcp add --transport http ${key} ${url}`],
  ["Cursor", snippet("mcpServers", { url })],
  ["VS Code", snippet("servers", { type: "http", url })],
  ["Claude Desktop", snippet("mcpServers", { command: "npx", args: ["mcp-remote", url] })],
])}

Three things to try
  1. Connect as one of the humans, consent at "medium", and ask the agent to list, create and delete an issue.
  2. Lower that human's ceiling in ${policyDir}/grants.yaml and save: the same agent's next call is refused.
  3. Open ${gatewayUrl}/ , revoke the agent, and see its next call refused.

Every decision is printed below. Logs and data are in ${host.folders.data}. Ctrl-C ends everything.
`;
}
