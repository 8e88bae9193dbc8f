import type { Exchange, McpDeps, WithGrant, WithMessage, WithProtocol, WithServer, WithSession } from "../exchange.ts";
import { calledTool } from "../methods.ts";
import { readToolList } from "../read-tool-list.ts";

/**
 * The tool called is what was reviewed: its definition, as the server lists it to this human, has the digest of the
 * policy. After the decision, so that nobody who may not call it makes the server list its tools.
 */
export async function checkDefinition(
  exchange: Exchange & WithServer & WithGrant & WithMessage & WithProtocol & WithSession,
  deps: McpDeps,
): Promise<object> {
  const tool = exchange.server.tools.get(calledTool(exchange.message) ?? "");
  if (tool !== undefined) await deps.pins.check(exchange, tool, () => readToolList(exchange, deps));
  return {};
}
