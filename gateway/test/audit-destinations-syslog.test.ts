/** Audit lines over syslog: a receiver that is strict about RFC 6587 and RFC 5424, over TCP and over TLS. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { createSyslogDestination } from "../src/adapters/audit-destinations/syslog.ts";
import type { AuditDestination } from "../src/deps/audit.ts";
import { chainLines, settingsOf } from "./audit-destinations-fixture.ts";

/** MSG-LEN SP SYSLOG-MSG, again and again to the end (RFC 6587 section 3.4.1). Throws for anything else. */
function framesOf(bytes: Buffer): readonly string[] {
  const frames: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(" ", at);
    const digits = bytes.subarray(at, space).toString("latin1");
    if (!/^[1-9]\d{0,8}$/.test(digits)) throw new Error(`no length: ${digits.slice(0, 40)}`);
    const end = space + 1 + Number(digits);
    if (end > bytes.length) throw new Error("a frame is cut off");
    frames.push(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(space + 1, end)));
    at = end;
  }
  return frames;
}

/** The header of RFC 5424 section 6 as its grammar has it, with no structured data, and the message. */
const syntax =
  /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) - ([\s\S]*)$/;

const messagesOf = (bytes: Buffer) =>
  framesOf(bytes).map((frame) => {
    const [whole, priority, time, host, app, process, id, message] = syntax.exec(frame) ?? [];
    if (whole === undefined) throw new Error(`not of RFC 5424: ${frame.slice(0, 200)}`);
    return { priority, time, host, app, process, id, message };
  });

/** The bytes of each connection by its number; `take` is what the receiver does with one, at first by itself. */
interface Receiver {
  readonly port: number;
  readonly connections: Buffer[];
  close(): void;
}

const readAll = (socket: Socket, got: (chunk: Buffer) => void) => {
  socket.on("data", got);
  socket.on("end", () => socket.end());
};

async function startReceiver(make: (take: (socket: Socket) => void) => Server, take = readAll): Promise<Receiver> {
  const connections: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = make((socket) => {
    const number = connections.push(Buffer.alloc(0)) - 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    take(socket, (chunk) => {
      connections[number] = Buffer.concat([connections[number] ?? chunk, chunk]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
/** A kernel takes bytes before a program asks for them: `pauseOnConnect` is for a program that never does. */
const tcp = (take: (socket: Socket) => void) => createServer({ allowHalfOpen: true }, take);
const tcpUnread = (take: (socket: Socket) => void) => createServer({ allowHalfOpen: true, pauseOnConnect: true }, take);

describe("syslog", () => {
  let open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of open) await each.close();
    open = [];
  });
  const kept = <Closable extends { close(): unknown }>(each: Closable) => {
    open.push(each);
    return each;
  };
  const destination = (url: string, ca?: string): AuditDestination =>
    kept(createSyslogDestination(settingsOf("syslog", url), { hostKey: "demo", ...(ca === undefined ? {} : { ca }) }));
  const receiver = async (take?: typeof readAll) => kept(await startReceiver(tcp, take));

  test("each line is one message, as it is, with chain, code and the host of the gateway", async () => {
    const { port, connections } = await receiver();
    const lines = [...chainLines(300, { pad: 2_000 }), ...chainLines(1)];
    const chain = lines[0]?.chain;
    const odd = {
      chain: "c",
      sequence: 1,
      time: "2026-01-02T03:04:05.678Z",
      line: '{"metadata":{"event_code":"é é"}}',
    };
    const syslog = destination(`syslog+tcp://127.0.0.1:${port}`);
    expect(await syslog.deliver(lines)).toBe(0);
    await syslog.deliver([odd, { ...odd, line: "no JSON" }]);
    const messages = messagesOf(connections[0] as Buffer);
    expect(messages.map(({ message }) => message)).toEqual(lines.map(({ line }) => line));
    expect(messages[0]).toMatchObject({
      priority: "109",
      time: lines[0]?.time,
      host: "demo",
      app: "permit-mcp-gateway",
      process: chain,
      id: "tool_call",
    });
    expect(framesOf(connections[1] as Buffer)).toEqual([
      `<109>1 2026-01-02T03:04:05.678Z demo permit-mcp-gateway c - - ${odd.line}`,
      "<109>1 2026-01-02T03:04:05.678Z demo permit-mcp-gateway c - - no JSON",
    ]);
  });

  test("deliveries of several chains are not mixed, and a repeat is the same to the byte", async () => {
    const { port, connections } = await receiver();
    const syslog = destination(`syslog+tcp://127.0.0.1:${port}`);
    const [one, two] = [chainLines(200), chainLines(200)];
    await Promise.all([one, two, one].map((each) => syslog.deliver(each)));
    const chains = connections.map((bytes) => [...new Set(messagesOf(bytes).map(({ process }) => process))]);
    const [first, second] = [one[0]?.chain, two[0]?.chain];
    expect(chains.toSorted()).toEqual([[first], [first], [second]].toSorted());
    const [once, again] = connections.filter((_, index) => chains[index]?.[0] === first);
    expect(once?.equals(again as Buffer)).toBe(true);
  });

  const large = () => chainLines(500, { pad: 1_500 });
  test.each<[string, typeof readAll]>([
    ["turns it away", (socket) => void socket.end()],
    ["resets it", (socket) => void socket.resetAndDestroy()],
    ["goes after the first bytes", (socket) => void socket.once("data", () => socket.destroy())],
  ])("a receiver that %s has not got it", async (_, take) => {
    const { port } = await receiver(take);
    const refused = destination(`syslog+tcp://127.0.0.1:${port}`).deliver(large());
    await expect(refused).rejects.toThrow("did not take a delivery to its end");
  });

  test("a receiver that ends while all is in its kernel, and none was read, has not got it", async () => {
    const broken = await startReceiver(tcpUnread, (socket) => void setTimeout(() => socket.destroy(), 300));
    const { port, connections } = kept(broken);
    const refused = destination(`syslog+tcp://127.0.0.1:${port}`).deliver(chainLines(2));
    await expect(refused).rejects.toThrow("did not take a delivery to its end");
    expect(connections).toEqual([Buffer.alloc(0)]);
  });

  test("after a receiver was away, the next delivery finds it", async () => {
    let broken = true;
    const { port, connections } = await receiver((socket, got) => {
      if (broken) socket.destroy();
      else readAll(socket, got);
    });
    const syslog = destination(`syslog+tcp://127.0.0.1:${port}`);
    const lines = large();
    await expect(syslog.deliver(lines)).rejects.toThrow("did not take a delivery to its end");
    broken = false;
    await syslog.deliver(lines);
    expect(messagesOf(connections.at(-1) as Buffer).map(({ message }) => message)).toEqual(
      lines.map(({ line }) => line),
    );
  });

  test("nobody there, no end in time, and a gateway that closes are no delivery", async () => {
    const gone = await startReceiver(tcp);
    gone.close();
    await expect(destination(`syslog+tcp://127.0.0.1:${gone.port}`).deliver(large())).rejects.toThrow("ECONNREFUSED");
    const { port } = await receiver((socket, got) => void socket.on("data", got));
    const settings = settingsOf("syslog", `syslog+tcp://127.0.0.1:${port}`);
    const silent = kept(createSyslogDestination(settings, { hostKey: "demo", timeoutMs: 1_000 }));
    const closing = destination(`syslog+tcp://127.0.0.1:${port}`);
    setTimeout(() => void closing.close(), 300);
    await expect(closing.deliver(large())).rejects.toThrow("The connection was closed.");
    await expect(closing.deliver(large())).rejects.toThrow("is closed");
    await expect(silent.deliver(large())).rejects.toThrow("It took too long.");
  });

  test("over TLS: the same, from a receiver whose certificate is good for its name alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "syslog-tls-"));
    const key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem -out cert.pem";
    const args = `req -x509 ${key} -subj /CN=receiver -addext subjectAltName=DNS:localhost`;
    execFileSync("openssl", args.split(" "), { cwd: folder, stdio: "pipe" });
    const [privateKey, ca] = ["key.pem", "cert.pem"].map((file) => readFileSync(join(folder, file), "utf8")) as [
      string,
      string,
    ];
    rmSync(folder, { recursive: true });
    const options = { key: privateKey, cert: ca, allowHalfOpen: true };
    const { port, connections } = kept(await startReceiver((take) => createTlsServer(options, take)));
    const refused = "did not take a delivery to its end";
    await expect(destination(`syslog+tls://localhost:${port}`).deliver(large())).rejects.toThrow(refused);
    await expect(destination(`syslog+tls://127.0.0.1:${port}`, ca).deliver(large())).rejects.toThrow(refused);
    expect(Buffer.concat(connections)).toHaveLength(0);
    const lines = large();
    await destination(`syslog+tls://localhost:${port}`, ca).deliver(lines);
    expect(messagesOf(connections.at(-1) as Buffer).map(({ message }) => message)).toEqual(
      lines.map(({ line }) => line),
    );
  });
});
