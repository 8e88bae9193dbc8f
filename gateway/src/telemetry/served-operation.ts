/** What is served is an operation: begun before it, ended with its answer or with what it was refused with. */
import type { Readable } from "node:stream";
import type { Operation, OperationMessage, OperationStart, Telemetry } from "../deps/telemetry.ts";
import { GatewayError } from "../errors.ts";
import { endWithAnswer } from "./answer-end.ts";

/** A request, as far as it came. */
type Asked = Omit<OperationStart, "message" | "elapsedMs"> & {
  /** When it arrived, by `performance.now()`. */
  readonly receivedMs: number;
};

interface Served {
  readonly answer: { readonly status: number; readonly body: Readable | undefined };
  /** Set when the answer stays open without a call behind it. */
  readonly stream: object | undefined;
}

/** The operation, and its trace id for the audit record. */
export interface WithOperation {
  readonly operation: Operation;
  readonly traceId: string | undefined;
}

const codeOf = (error: unknown) => (error instanceof GatewayError ? error.code : "INTERNAL");
const elapsedMs = ({ receivedMs }: Asked) => performance.now() - receivedMs;

/** Serves one message, or a GET or DELETE, as an operation. Throws what `run` throws. */
export async function servedAsOperation<Request extends Asked, Answer extends Served>(
  telemetry: Telemetry,
  asked: Request,
  message: OperationMessage | undefined,
  run: (within: Request & WithOperation) => Promise<Answer>,
): Promise<Answer> {
  const operation = telemetry.begin({ ...asked, message, elapsedMs: elapsedMs(asked) });
  try {
    const served = await run({ ...asked, operation, traceId: operation.traceId });
    endWithAnswer(operation, served.answer, served.stream !== undefined);
    return served;
  } catch (error) {
    operation.end({ code: codeOf(error) });
    throw error;
  }
}

/** Waits for what comes before any message is known; what is refused there is an operation too. Throws what `run` throws. */
export async function entryTold<Entered>(
  telemetry: Telemetry,
  asked: () => Asked,
  run: Promise<Entered>,
): Promise<Entered> {
  try {
    return await run;
  } catch (error) {
    const { requestId, httpMethod, headers, host, receivedMs } = asked();
    const start = { requestId, httpMethod, headers, host, elapsedMs: performance.now() - receivedMs };
    telemetry.begin(start).end({ code: codeOf(error) });
    throw error;
  }
}
