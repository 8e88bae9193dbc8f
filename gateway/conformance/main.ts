/** `node gateway/conformance/main.ts PORT`: the fixture server as a process. */
import { startFixtureServer } from "./fixture-server.ts";

const server = await startFixtureServer(Number(process.argv[2]));
process.once("SIGTERM", () => {
  server.closeAllConnections();
  server.close();
  process.exit(0);
});
