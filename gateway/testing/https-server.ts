import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real https server on this machine under a name of its own, with an authority that only whoever is told believes. */
export interface HttpsServer {
  readonly port: number;
  /** The authority's certificate, PEM. */
  readonly ca: string;
  close(): Promise<void>;
}

export async function startHttpsServer(name: string, handle: RequestListener): Promise<HttpsServer> {
  const folder = mkdtempSync(join(tmpdir(), "https-server-"));
  const openssl = (args: string) => execFileSync("openssl", args.split(" "), { cwd: folder, stdio: "pipe" });
  const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
  openssl(`req -x509 ${key} -keyout ca.key -out ca.pem -subj /CN=authority`);
  openssl(
    `req -x509 ${key} -CA ca.pem -CAkey ca.key -keyout server.key -out server.pem -subj /CN=server -addext subjectAltName=DNS:${name}`,
  );
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const ca = read("ca.pem");
  const server = createServer({ key: read("server.key"), cert: read("server.pem") }, handle);
  rmSync(folder, { recursive: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    ca,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
