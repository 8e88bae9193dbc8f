/**
 * The load of all benchmarks, in a process of its own, so that it does not slow down whom it measures; on bare sockets,
 * because an HTTP client takes longer for a request than some answers do. Reads a `Load` as JSON on standard input and
 * writes a `LoadResult` as one line on standard output. `run-load.ts` starts it.
 */
import { connect } from "node:net";
import { json } from "node:stream/consumers";
import { AnswerReader, type ReadAnswer } from "./answer-reader.ts";
import { type Load, type LoadResult, numberPlace } from "./run-load.ts";

const load = (await json(process.stdin)) as Load;
const { hostname, port, host, pathname } = new URL(load.url);
const heads = load.headers.map((headers) => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\n${lines.join("")}`;
});
const bodies = load.bodies.map((body) => Buffer.from(body));
const places = bodies.map((body) => {
  const found: number[] = [];
  for (let at = body.indexOf(numberPlace); at !== -1; at = body.indexOf(numberPlace, at + 1)) found.push(at);
  return found;
});

const latenciesMs: number[] = [];
let next = 0;
let answers = 0;
let marked = 0;
let bytes = 0;
const start = performance.now();
const measureFrom = start + load.warmUpSeconds * 1_000;
const end = measureFrom + load.seconds * 1_000;
let cpuFrom = process.cpuUsage();
setTimeout(() => {
  cpuFrom = process.cpuUsage();
}, load.warmUpSeconds * 1_000).unref();

function requestOf(count: number, head: string): Buffer {
  const index = count % bodies.length;
  const body = bodies[index] ?? Buffer.alloc(0);
  const request = Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]);
  const digits = String(count).padStart(numberPlace.length, "0");
  for (const at of places[index] ?? []) request.write(digits, request.length - body.length + at, "latin1");
  return request;
}

/** One connection: its next request when it has its answer, and, where there is a rate, when it is time. */
function converse(head: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let askedAt = 0;
    const ask = () => {
      const count = next;
      next += 1;
      // At a rate, what a request had to wait for its connection is a part of how long it took.
      const now = performance.now();
      askedAt = load.perSecond === undefined ? now : start + (count * 1_000) / load.perSecond;
      if (Math.max(askedAt, now) >= end) {
        socket.destroy();
        resolve();
      } else if (askedAt > now) setTimeout(() => socket.write(requestOf(count, head)), askedAt - now);
      else socket.write(requestOf(count, head));
    };
    const take = ({ status, bodyBytes, bodyStart }: ReadAnswer) => {
      const now = performance.now();
      if (status !== 200) throw new Error(`Answer ${status}: ${bodyStart}`);
      if (now >= measureFrom) {
        answers += 1;
        bytes += bodyBytes;
        latenciesMs.push(now - askedAt);
        if (bodyStart.includes(load.marker)) marked += 1;
      }
      ask();
    };
    const reader = new AnswerReader(take);
    socket.on("connect", ask);
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("The server hung up.")));
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.take(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
  });
}

await Promise.all(Array.from({ length: load.connections }, (_, at) => converse(heads[at % heads.length] ?? "")));
const { user, system } = process.cpuUsage(cpuFrom);
latenciesMs.sort((a, b) => a - b);
const at = (share: number) => latenciesMs[Math.floor(share * (latenciesMs.length - 1))] ?? Number.NaN;
const result: LoadResult = {
  answers,
  requests: next,
  perSecond: Math.round(answers / load.seconds),
  markedShare: marked / answers,
  bytesPerAnswer: Math.round(bytes / answers),
  cpuMicrosPerAnswer: Math.round((user + system) / answers),
  p50Ms: at(0.5),
  p95Ms: at(0.95),
  p99Ms: at(0.99),
  p999Ms: at(0.999),
  maxMs: at(1),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
