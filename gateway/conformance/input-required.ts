/** Tools and a prompt that ask the client in the middle of a call, as 2026-07-28 does it: by a result that is not the last. */
import {
  acceptedContent,
  createRequestStateCodec,
  type InputRequests,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
  type ToolCallback,
} from "@modelcontextprotocol/server";
import { z } from "zod";

const name = z.object({ name: z.string() });
const color = z.object({ color: z.string() });
const consent = z.object({ ok: z.boolean() });
const context = z.object({ context: z.string() });

/** Signs the state that travels through the client; the server refuses what it did not sign. */
export const requestState = createRequestStateCodec<{ round: number }>({ key: "a key of the conformance fixture" });

const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });
const sample = (question: string) =>
  inputRequired.createMessage({
    messages: [{ role: "user", content: { type: "text", text: question } }],
    maxTokens: 100,
  });
const ask = (message: string, requestedSchema: z.ZodObject) => inputRequired.elicit({ message, requestedSchema });

/** What the client says it can do, in this request. */
function capabilities({ mcpReq }: ServerContext): Record<string, unknown> {
  const envelope = (mcpReq.envelope ?? {}) as Record<string, unknown>;
  return (envelope["io.modelcontextprotocol/clientCapabilities"] ?? {}) as Record<string, unknown>;
}

/** Registers them. */
export function registerInputRequired(server: McpServer): void {
  const tool = (key: string, run: ToolCallback) =>
    server.registerTool(key, { description: "Asks the client for more before it answers." }, run);

  const elicitation = ({ mcpReq }: ServerContext) => {
    const answer = acceptedContent(mcpReq.inputResponses, "user_name", name);
    return answer === undefined
      ? inputRequired({ inputRequests: { user_name: ask("What is your name?", name) } })
      : text(`Hello, ${answer.name}!`);
  };
  tool("test_input_required_result_elicitation", elicitation);
  tool("test_streaming_elicitation", elicitation);

  tool("test_input_required_result_sampling", ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, "capital_question");
    return answer.kind === "sampling"
      ? text(JSON.stringify(answer.result.content))
      : inputRequired({ inputRequests: { capital_question: sample("What is the capital of France?") } });
  });
  // The SDK refuses to ask a client for what it does not say that it can do, with the error of the specification.
  tool("test_missing_capability", () => inputRequired({ inputRequests: { greeting: sample("Generate a greeting") } }));
  tool("test_input_required_result_list_roots", ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, "client_roots");
    return answer.kind === "roots"
      ? text(JSON.stringify(answer.roots))
      : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  for (const key of ["test_input_required_result_request_state", "test_input_required_result_tampered_state"]) {
    tool(key, async (ctx) => {
      const state = ctx.mcpReq.requestState<{ round: number }>();
      const answer = acceptedContent(ctx.mcpReq.inputResponses, "confirm", consent);
      if (state?.round === 1 && answer !== undefined) return text("state-ok");
      return inputRequired({
        inputRequests: { confirm: ask("Please confirm", consent) },
        requestState: await requestState.mint({ round: 1 }, ctx),
      });
    });
  }
  tool("test_input_required_result_multiple_inputs", async (ctx) => {
    const responses = ctx.mcpReq.inputResponses;
    const answer = acceptedContent(responses, "user_name", name);
    const greeting = inputResponse(responses, "greeting");
    const roots = inputResponse(responses, "client_roots");
    if (answer !== undefined && greeting.kind === "sampling" && roots.kind === "roots") return text("Complete.");
    return inputRequired({
      inputRequests: {
        user_name: ask("What is your name?", name),
        greeting: sample("Generate a greeting"),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await requestState.mint({ round: 1 }, ctx),
    });
  });
  tool("test_input_required_result_multi_round", async (ctx) => {
    const round = ctx.mcpReq.requestState<{ round: number }>()?.round ?? 0;
    const responses = ctx.mcpReq.inputResponses;
    const next = async (inputRequests: InputRequests, reached: number) =>
      inputRequired({ inputRequests, requestState: await requestState.mint({ round: reached }, ctx) });
    if (round === 1 && acceptedContent(responses, "step1", name) !== undefined) {
      return next({ step2: ask("Step 2: What is your favorite color?", color) }, 2);
    }
    if (round === 2 && acceptedContent(responses, "step2", color) !== undefined) return text("Complete.");
    return next({ step1: ask("Step 1: What is your name?", name) }, 1);
  });
  tool("test_input_required_result_capabilities", (ctx) => {
    const can = capabilities(ctx);
    return inputRequired({
      inputRequests: {
        ...(can.sampling === undefined ? {} : { greeting: sample("Generate a greeting") }),
        ...(can.elicitation === undefined ? {} : { user_name: ask("What is your name?", name) }),
      },
    });
  });
  server.registerPrompt(
    "test_input_required_result_prompt",
    { description: "Asks the client for its context before it answers." },
    ({ mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, "user_context", context);
      if (answer === undefined) {
        return inputRequired({ inputRequests: { user_context: ask("What context should the prompt use?", context) } });
      }
      return { messages: [{ role: "user", content: { type: "text", text: answer.context } }] };
    },
  );
}
