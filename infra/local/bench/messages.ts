/** The requests of the benchmark and the soak, as clients of both eras send them. */
import { numberPlace } from "../../bench/run-load.ts";

/** Tools of the upstream; the policy lists all of them, every third above what the agents may call. */
export const toolCount = 30;
export const toolName = (at: number) => `tool_${at}`;

export type Era = "2025-11-25" | "2026-07-28";

/** What is asked: a tool's answer of so many bytes, or the list of tools. */
export type What = { readonly answerBytes: number } | "tools/list";

/** Headers of every request, for the era and, where there are sessions, one of them. */
export function headersOf(era: Era, what: What, token: string, session: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": era,
  };
  if (session !== undefined) headers["mcp-session-id"] = session;
  if (era === "2025-11-25") return headers;
  if (what === "tools/list") return { ...headers, "mcp-method": "tools/list" };
  return { ...headers, "mcp-method": "tools/call", "mcp-name": toolName(0) };
}

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "benchmark", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** The body, with the place of the request's number in its id and its arguments. */
export function bodyOf(era: Era, what: What): string {
  const _meta = era === "2026-07-28" ? { _meta: meta } : {};
  const params =
    what === "tools/list"
      ? _meta
      : { name: toolName(0), arguments: { note: `request ${numberPlace}`, bytes: what.answerBytes }, ..._meta };
  const method = what === "tools/list" ? what : "tools/call";
  return JSON.stringify({ jsonrpc: "2.0", id: numberPlace, method, params });
}

/** What an answer that is no refusal begins with. */
export const answered = '"result":';

/** Opens a session of revision 2025-11-25 and returns its id. Throws when there is none. */
export async function openSession(url: string, token: string): Promise<string> {
  const headers = headersOf("2025-11-25", "tools/list", token, undefined);
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "benchmark", version: "1" } };
  const initialize = { jsonrpc: "2.0", id: 0, method: "initialize", params };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(initialize) });
  await response.text();
  const session = response.headers.get("mcp-session-id");
  if (session === null) throw new Error(`${url} opens no session: status ${response.status}.`);
  return session;
}
