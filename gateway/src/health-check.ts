/**
 * The container's health check: exit code 0 when the process of this container is alive. Says nothing, because what a
 * health check prints is kept and shown by the container engine. Not `/readyz`: a database that is away for a moment
 * must not get every gateway killed.
 */
const { LISTEN_HOST = "0.0.0.0", PORT = "8080" } = process.env;
const own = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[LISTEN_HOST] ?? LISTEN_HOST;
const timeoutMs = 2_000;

const alive = await fetch(`http://${own}:${PORT}/healthz`, { signal: AbortSignal.timeout(timeoutMs) }).then(
  (answer) => answer.ok,
  () => false,
);
process.exit(alive ? 0 : 1);
