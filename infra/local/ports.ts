import { createServer } from "node:net";

/** A port that the local host needs is taken. The message says whose it is to be and how to choose another. */
export class PortBusyError extends Error {}

/** The ports of a local host on 127.0.0.1. */
export interface LocalPorts {
  readonly gateway: number;
  readonly permit: number;
  readonly issues: number;
  readonly everything: number;
}

/** The ports of `npm start`. */
export const defaultPorts: LocalPorts = { gateway: 8080, permit: 7766, issues: 7801, everything: 7802 };

function listens(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}

/** Throws PortBusyError naming every port that is taken, before anything has been started. */
export async function checkPortsFree(ports: LocalPorts): Promise<void> {
  const busy: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    await listens(port).catch(() => busy.push(`  ${port} (${name}): choose another with --${name}-port`));
  }
  if (busy.length > 0) {
    throw new PortBusyError(
      `These ports of 127.0.0.1 are in use, perhaps by a local host that is still running:\n${busy.join("\n")}`,
    );
  }
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return listens(0);
}

/** Four ports that are free now, for tests and the smoke run. */
export async function freePorts(): Promise<LocalPorts> {
  const [gateway, permit, issues, everything] = await Promise.all([listens(0), listens(0), listens(0), listens(0)]);
  return { gateway, permit, issues, everything };
}
