/**
 * Asks `/allowed` over some connections for some seconds, each connection its next question when it has its answer, and
 * writes what that took as one line of JSON. A process of its own, so that it does not slow down whom it measures; on
 * bare sockets, because an HTTP client takes longer for a request than the answer does.
 *
 *     node ask-allowed.ts <url> <key> <connections> <seconds> <file of questions, one JSON object per line>
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { argv } from "node:process";

const [, , url = "", key = "", connections = "16", seconds = "10", file = ""] = argv;
const { hostname, port, host } = new URL(url);
const requests = readFileSync(file, "utf8")
  .trim()
  .split("\n")
  .map((body) => {
    const head = `POST /allowed HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\n`;
    const length = Buffer.byteLength(body);
    return Buffer.from(`${head}content-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`);
  });

const warmUpMs = 2_000;
const latenciesMs: number[] = [];
let next = 0;
let allowed = 0;
let answers = 0;
const start = performance.now();
const end = start + warmUpMs + Number(seconds) * 1_000;

function converse(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let sentAt = 0;
    let received: Buffer | null = null;
    const ask = () => {
      sentAt = performance.now();
      if (sentAt >= end) {
        socket.end();
        resolve();
        return;
      }
      next = (next + 1) % requests.length;
      socket.write(requests[next] ?? "");
    };
    socket.on("connect", ask);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The server hung up.")));
    socket.on("data", (chunk: Buffer) => {
      received = received === null ? chunk : Buffer.concat([received, chunk]);
      const headEnd = received.indexOf("\r\n\r\n");
      if (headEnd === -1) return;
      const lengthAt = received.indexOf("content-length: ") + 16;
      const length = Number(received.toString("latin1", lengthAt, received.indexOf("\r", lengthAt)));
      if (received.toString("latin1", 9, 12) !== "200" || Number.isNaN(length)) {
        socket.destroy(new Error(received.toString("latin1", 0, 200)));
        return;
      }
      if (received.length < headEnd + 4 + length) return;
      const now = performance.now();
      answers += 1;
      if (now - start > warmUpMs) {
        latenciesMs.push(now - sentAt);
        // {"allow":t
        if (received[headEnd + 13] === 0x74) allowed += 1;
      }
      received = null;
      ask();
    });
  });
}

await Promise.all(Array.from({ length: Number(connections) }, converse));
latenciesMs.sort((a, b) => a - b);
const at = (share: number) => latenciesMs[Math.floor(share * (latenciesMs.length - 1))] ?? Number.NaN;
const result = {
  answers,
  perSecond: Math.round(latenciesMs.length / Number(seconds)),
  allowedShare: allowed / latenciesMs.length,
  p50Ms: at(0.5),
  p99Ms: at(0.99),
  p999Ms: at(0.999),
  maxMs: at(1),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
