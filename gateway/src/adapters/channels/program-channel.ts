/** MCP over the standard input and output of a program (MCP transports, stdio). */
import type { ServerTransport } from "@permit-mcp-gateway/policies";
import type { FastifyBaseLogger } from "fastify";
import type { Secrets } from "../../deps/secrets.ts";
import { GatewayError } from "../../errors.ts";
import { parseJson } from "../../mcp/json-text.ts";
import { type AllowedProgram, isAllowed } from "../../programs.ts";
import { LineTooLongError, linesOf, maxLineBytes } from "./json-lines.ts";
import type { ChannelEnd, Message, OpenChannel } from "./message-channel.ts";
import { type Program, startProgram } from "./program.ts";
import { programInput } from "./program-input.ts";
import { logErrors } from "./program-log.ts";
import { untilAborted } from "./request-bounds.ts";

export interface ProgramChannelOptions {
  /** Whatever else the policy says is refused. */
  readonly programs: readonly AllowedProgram[];
  readonly secrets: Secrets;
  readonly log: FastifyBaseLogger;
}

type Stdio = Extract<ServerTransport, { type: "stdio" }>;

function gone(server: string, how: string): GatewayError {
  const sentence = `The program of "${server}" ${how}. Try again; if it happens again, ask an admin to look at it.`;
  return new GatewayError("UPSTREAM_UNAVAILABLE", { sentence, detail: `${server}: ${how}` });
}

/** The line as a message; undefined for what programs print there beside. Throws a RangeError for what nests too deep. */
function messageOf(line: string): Message | undefined {
  try {
    const json = parseJson(line);
    const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
    return isObject && (json as Message).jsonrpc === "2.0" ? (json as Message) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function environmentOf({ env }: Stdio, secrets: Secrets) {
  const kept: string[] = [];
  const variables = await Promise.all(
    Object.entries(env).map(async ([name, value]): Promise<[string, string]> => {
      if (typeof value === "string") return [name, value];
      const secret = await secrets.read(value.secret);
      kept.push(secret);
      return [name, secret];
    }),
  );
  return { env: Object.fromEntries(variables), kept };
}

/** Reads the program's answers until there are no more, then tells how it ended, or why it was. */
async function readAnswers(
  program: Program,
  end: ChannelEnd,
  server: string,
  log: FastifyBaseLogger,
  why: () => string | undefined,
): Promise<void> {
  let strange = 0;
  let how: string | undefined;
  try {
    for await (const line of linesOf(program.child.stdout, maxLineBytes)) {
      const message = messageOf(line);
      if (message !== undefined) await end.take(message);
      else if (line !== "") strange += 1;
    }
  } catch (error) {
    if (error instanceof LineTooLongError) how = "sent a message larger than 8 MB";
    if (error instanceof RangeError) how = "sent a message that nests too deep";
    void program.stop();
  }
  if (strange > 0) log.info({ server, lines: strange }, "lines of an MCP server's program that are no messages");
  const ended = await program.ended;
  end.ended(gone(server, how ?? why() ?? ended));
}

/** Opens channels to servers with `transport: stdio`: one program each. */
export function createProgramChannels({ programs, secrets, log }: ProgramChannelOptions): OpenChannel {
  return async ({ server }, _request, end, signal) => {
    const { transport, key } = server;
    if (transport.type !== "stdio") throw new GatewayError("INTERNAL", { detail: `${key} is no program` });
    if (!isAllowed(transport, programs)) throw new GatewayError("PROGRAM_NOT_ALLOWED", { detail: key });
    const { env, kept } = await untilAborted(environmentOf(transport, secrets), signal);
    signal.throwIfAborted();
    const program = startProgram({ ...transport, env });
    const { child } = program;
    log.info({ server: key, pid: child.pid }, "an MCP server's program was started");
    let why: string | undefined;
    void logErrors(child.stderr, log, kept, { server: key, pid: child.pid });
    void readAnswers(program, end, key, log, () => why);
    const send = programInput(program, {
      failure: async () => gone(key, why ?? (await program.ended)),
      onStuck: () => {
        why = "takes no input, and was ended";
      },
    });
    return { send: (message, _from, sending) => send(message, sending), close: () => program.stop() };
  };
}
