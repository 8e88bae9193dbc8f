/**
 * Imported into a measured process before its program (`node --import`): answers on a Unix socket, named in the query
 * of its own address, with what only the process itself knows, and makes a profile of its processor time.
 */
import { createServer } from "node:http";
import { Session } from "node:inspector/promises";
import { isMainThread } from "node:worker_threads";

const session = new Session();

const answers: Readonly<Record<string, () => Promise<unknown>>> = {
  "GET /usage": async () => {
    globalThis.gc?.();
    const resources = Object.groupBy(process.getActiveResourcesInfo(), (kind) => kind);
    return {
      pid: process.pid,
      memory: process.memoryUsage(),
      resources: Object.fromEntries(Object.entries(resources).map(([kind, all]) => [kind, all?.length])),
    };
  },
  "POST /profile/start": async () => {
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    return {};
  },
  "POST /profile/stop": async () => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    return profile;
  },
};

const socket = new URL(import.meta.url).searchParams.get("socket");
if (isMainThread && socket !== null) {
  const server = createServer({ keepAlive: false }, (request, response) => {
    const answer = answers[`${request.method} ${request.url}`];
    if (answer === undefined) return void response.writeHead(404).end();
    answer().then(
      (value) => response.setHeader("connection", "close").end(JSON.stringify(value)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(socket);
  // Being observed must not keep the process from ending.
  server.unref();
}
