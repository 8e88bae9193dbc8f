import { GatewayError } from "../../errors.ts";
import { countLines } from "../../raw-headers.ts";
import type { Exchange, WithMessage, WithProtocol } from "../exchange.ts";
import { decodeHeaderValue, encodeHeaderValue, isPlainHeaderValue } from "../header-value.ts";
import type { RpcMessage } from "../json-rpc.ts";
import { nameOf } from "../methods.ts";
import { isStateless } from "../revision.ts";

const maxVersionLength = 64;
const versionMember = "io.modelcontextprotocol/protocolVersion";
const maxParamHeaders = 64;

function mismatch(sentence: string): GatewayError {
  return new GatewayError("HEADER_MISMATCH", { sentence });
}

type Headers = Pick<Exchange, "headers" | "rawHeaders">;

/** A header that came once; undefined when it did not come. Of two, others on the way may read the one or the other. */
function header({ headers, rawHeaders }: Headers, name: string): string | undefined {
  const value = headers[name];
  // Node has written two of them as one, with a comma.
  const isRepeated = value?.includes(",") === true && countLines(rawHeaders, name) > 1;
  if (Array.isArray(value) || isRepeated) throw mismatch(`The header ${name} came more than once.`);
  return value;
}

function claimedVersion(message: RpcMessage): unknown {
  if (message.kind === "response") return undefined;
  const meta = message.params._meta;
  return typeof meta === "object" && meta !== null ? (meta as Record<string, unknown>)[versionMember] : undefined;
}

/**
 * The protocol version header, when the client sent one. Which versions there are is for the upstream to say: it knows
 * those it supports and lists them in its error (MCP 2026-07-28, protocol version header). Throws when it is no text
 * that can be a header of a request of ours.
 */
export function readVersion(headers: Headers): string | undefined {
  const version = header(headers, "mcp-protocol-version");
  if (version !== undefined && (version.length > maxVersionLength || !isPlainHeaderValue(version))) {
    throw mismatch("MCP-Protocol-Version is no version.");
  }
  return version;
}

/** Passed on unread: only the upstream knows which arguments they mirror. */
function paramHeaders(headers: Headers): Record<string, string> {
  const names = Object.keys(headers.headers).filter((name) => name.startsWith("mcp-param-"));
  if (names.length > maxParamHeaders) throw mismatch(`More than ${maxParamHeaders} Mcp-Param headers.`);
  return Object.fromEntries(
    names.map((name) => {
      const value = header(headers, name) ?? "";
      if (value !== "" && !isPlainHeaderValue(value)) throw mismatch(`The value of ${name} has invalid characters.`);
      return [name, value];
    }),
  );
}

/**
 * Headers and body agree (MCP 2026-07-28, server validation): whoever reads only the headers on the way must see the
 * call that is decided on. Required from 2026-07-28 on; older clients may leave them out, but not contradict the body.
 */
export function checkHeaders(exchange: Exchange & WithMessage): WithProtocol {
  const { message } = exchange;
  const version = readVersion(exchange);
  const claimed = claimedVersion(message);
  const stateless = isStateless(version) || isStateless(claimed);
  const required = stateless && message.kind === "request";
  const method = header(exchange, "mcp-method");
  const name = header(exchange, "mcp-name");

  if (required && version === undefined) throw mismatch("The header MCP-Protocol-Version is missing.");
  if (version !== undefined && claimed !== undefined && claimed !== version) {
    throw mismatch("MCP-Protocol-Version and the version in the body's _meta do not agree.");
  }
  const bodyMethod = message.kind === "response" ? undefined : message.method;
  if (method === undefined ? required : method !== bodyMethod) {
    throw mismatch("Mcp-Method must be there and name the method of the body.");
  }
  const bodyName = nameOf(message);
  if (bodyName !== undefined && (typeof bodyName !== "string" || !bodyName.isWellFormed())) {
    throw new GatewayError("MESSAGE_INVALID", { sentence: "The name or uri in params must be well-formed text." });
  }
  if (name === undefined ? required && bodyName !== undefined : decodeHeaderValue(name) !== bodyName) {
    throw mismatch("Mcp-Name must be there and name what the body names.");
  }
  return {
    stateless,
    protocolHeaders: {
      ...paramHeaders(exchange),
      ...(version === undefined ? {} : { "mcp-protocol-version": version }),
      // Written anew from the body, never copied.
      ...(bodyMethod !== undefined && (stateless || method !== undefined) ? { "mcp-method": bodyMethod } : {}),
      ...(bodyName !== undefined && (stateless || name !== undefined)
        ? { "mcp-name": encodeHeaderValue(bodyName) }
        : {}),
    },
  };
}
