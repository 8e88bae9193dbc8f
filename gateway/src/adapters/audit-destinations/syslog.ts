import { connect as connectTcp, isIP, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { SettingsOf } from "../../audit-destination-forms.ts";
import type { AuditBatchLimits, AuditDestination } from "../../deps/audit.ts";
import { syslogFrame } from "./syslog-message.ts";

/** For the connection, all of the bytes, and the receiver's end. */
const usualTimeoutMs = 10_000;
/** A receiver that takes no more senders closes a connection as soon as it has it: that is seen before anything is sent. */
const turnedAwayMs = 50;

const limits: AuditBatchLimits = {
  records: 1_000,
  bytes: 1_048_576,
  /** The header of a message and its length, with the longest host and MSGID. */
  bytesPerRecord: 400,
  spanMs: Number.POSITIVE_INFINITY,
};

/** What syslog works with. */
export interface SyslogParts {
  readonly hostKey: string;
  /** Certificate authority that is believed in the place of the usual ones, PEM. */
  readonly ca?: string;
  /** For a delivery. */
  readonly timeoutMs?: number;
}

/** Sends all and resolves when the receiver has closed after the last byte. Rejects when it closed before, or not in time. */
async function sendAll(socket: Socket, connected: string, bytes: Buffer, timeoutMs: number): Promise<void> {
  const failed = Promise.withResolvers<never>();
  const ended = Promise.withResolvers<void>();
  const isConnected = Promise.withResolvers<void>();
  const deadline = setTimeout(() => failed.reject(new Error("It took too long.")), timeoutMs);
  socket.once(connected, isConnected.resolve);
  socket.on("error", failed.reject);
  socket.once("end", () => {
    if (socket.writableFinished) ended.resolve();
    else failed.reject(new Error("It closed the connection before it had everything."));
  });
  socket.once("close", () => failed.reject(new Error("The connection was closed.")));
  // Without a reader the other side's end is never seen.
  socket.resume();
  try {
    await Promise.race([isConnected.promise, failed.promise]);
    await Promise.race([sleep(turnedAwayMs), failed.promise]);
    socket.end(bytes);
    await Promise.race([ended.promise, failed.promise]);
  } finally {
    clearTimeout(deadline);
    // Whatever is still told of this connection is of no interest.
    failed.promise.catch(() => undefined);
    socket.destroy();
  }
}

/**
 * A receiver of syslog over TCP (RFC 6587) or TLS (RFC 5425). Neither acknowledges anything, and a write that succeeded is
 * in the kernel and no further: on a connection that stays open, what is in flight when it breaks is lost, and nobody is
 * told. So each delivery has a connection of its own, which ends with it, and counts when the receiver has closed it too: it
 * does so after the last byte. Had it left any unread, its kernel would have reset the connection (RFC 9293 section
 * 3.6.1, RFC 2525 section 2.17).
 *
 * That is not yet on a disk: what a receiver has in memory, or a relay between, can still be lost with it, and syslog has
 * no way to know. Over TCP everything is readable on the way.
 */
export function createSyslogDestination(
  { name, host, port, tls }: SettingsOf<"syslog">,
  { hostKey, ca, timeoutMs = usualTimeoutMs }: SyslogParts,
): AuditDestination {
  const sockets = new Set<Socket>();
  let closed = false;
  const open = () => {
    const options = { host, port, allowHalfOpen: true };
    if (!tls) return connectTcp(options);
    // RFC 6066 section 3: no address as a server's name.
    const servername = isIP(host) === 0 ? { servername: host } : {};
    return connectTls({ ...options, ...servername, ...(ca === undefined ? {} : { ca }) });
  };
  return {
    name,
    limits,
    deliver: async (lines) => {
      if (closed) throw new Error(`The audit destination ${name} is closed.`);
      const socket = open();
      sockets.add(socket);
      try {
        const bytes = Buffer.concat(lines.map((line) => syslogFrame(line, hostKey)));
        await sendAll(socket, tls ? "secureConnect" : "connect", bytes, timeoutMs);
        return 0;
      } catch (error) {
        const why = error instanceof Error ? error.message : "";
        const message = `The syslog receiver ${name} did not take a delivery to its end. It must be there, count octets (RFC 6587), and close the connection when the sender has. ${why}`;
        throw new Error(message, { cause: error });
      } finally {
        sockets.delete(socket);
      }
    },
    close: () => {
      closed = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
