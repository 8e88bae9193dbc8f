/** Where the replicas ship their records to: a webhook that keeps every line as it came. */
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Collector {
  readonly url: string;
  /** Answers nothing for so long, as a receiver that is down. */
  outage(ms: number): void;
  close(): void;
}

/** Starts one that writes to `file`. */
export async function startCollector(file: string): Promise<Collector> {
  let downUntil = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (performance.now() < downUntil) return void request.socket.destroy();
      appendFileSync(file, Buffer.concat(chunks));
      // Sometimes the answer is lost, so that what was taken comes again.
      if (Math.random() < 0.05) return void request.socket.destroy();
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/audit`,
    outage: (ms) => {
      downUntil = performance.now() + ms;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
