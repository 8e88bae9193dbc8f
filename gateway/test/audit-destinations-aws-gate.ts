/** In front of moto: passes on what the test lets through, and answers the rest as AWS does when it is overloaded or gone. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came. */
export interface AwsRequest {
  readonly method: string;
  /** Operation, where the service has it in a header. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What the gate does is what `answer` says at that moment. */
export interface AwsGate {
  readonly url: string;
  /** `lose the answer`: it is passed on, and the connection closed when the service has answered. */
  answer: "pass" | "throttle" | "hang up" | "lose the answer" | "deny";
  readonly requests: AwsRequest[];
  close(): void;
}

export async function openAwsGate(service: string): Promise<AwsGate> {
  const gate: Omit<AwsGate, "url" | "close"> = { answer: "pass", requests: [] };
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = "", headers, url } = incoming;
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const target = String(headers["x-amz-target"] ?? "");
    gate.requests.push({ method, target: target.split(".").at(-1) ?? "", headers, body });
    const { answer } = gate;
    if (answer === "hang up") return void incoming.socket.destroy();
    if (answer === "throttle" || answer === "deny") {
      const [code, status] = answer === "deny" ? ["AccessDenied", 403] : ["SlowDown", 503];
      // Services that have the operation in a header speak JSON, S3 speaks XML.
      if (target === "") return void outgoing.writeHead(Number(status)).end(`<Error><Code>${code}</Code></Error>`);
      outgoing.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
      return void outgoing.end(JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" }));
    }
    const passed = request(`${service}${url}`, { method, headers }, (answered) => {
      if (answer === "lose the answer") return void incoming.socket.destroy();
      outgoing.writeHead(answered.statusCode ?? 500, answered.headers);
      answered.pipe(outgoing);
    });
    passed.end(body);
  };
  const http = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return Object.assign(gate, {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: () => {
      http.close();
      http.closeAllConnections();
    },
  });
}
