import type { HostModel } from "@permit-mcp-gateway/policies";
import type { LocalHost } from "./up.ts";

function ceilings(model: HostModel, email: string): string {
  const own = model.grants.filter((grant) => grant.human === email).map((grant) => `${grant.server} ${grant.ceiling}`);
  return own.length === 0 ? "no grants" : own.join(", ");
}

/** What `npm start` prints when the host is up: URL, accounts, client snippets, three things to try. */
export function welcome(host: LocalHost, policyDir: string): string {
  const { model, gatewayUrl } = host;
  const first = model.servers[0]?.key ?? "issues";
  const url = `${gatewayUrl}/mcp/${first}`;
  const width = Math.max(...model.humans.map((human) => human.email.length));
  const accounts = model.humans.map(
    ({ email }) => `  ${email.padEnd(width)}  ${host.accounts[email] ?? ""}  (${ceilings(model, email)})`,
  );
  return `
The host "${model.key}" is up.

  Gateway     ${gatewayUrl}
${model.servers.map((server) => `  MCP server  ${gatewayUrl}/mcp/${server.key}   ${server.name}`).join("\n")}

Demo accounts (e-mail, password, ceilings)
${accounts.join("\n")}

Connect a client
  Claude Code      claude mcp add --transport http ${first} ${url}
  Cursor           "${first}": { "url": "${url}" }                      in mcp.json, under "mcpServers"
  VS Code          "${first}": { "type": "http", "url": "${url}" }      in mcp.json, under "servers"
  Claude Desktop   "${first}": { "command": "npx", "args": ["mcp-remote", "${url}"] }

Three things to try
  1. Connect as one of the humans, consent at "medium", and ask the agent to list, create and delete an issue.
  2. Lower that human's ceiling in ${policyDir}/grants.yaml and save: the same agent's next call is refused.
  3. Open ${gatewayUrl}/ , revoke the agent, and see its next call refused.

Every decision is printed below. Logs and data are in ${host.folders.data}. Ctrl-C ends everything.
`;
}
