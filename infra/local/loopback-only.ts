/**
 * Preloaded (`node --import`) into upstream servers that listen on every interface and have no authentication of
 * their own: a laptop on a shared network must not offer a way around the gateway. A port without host means loopback.
 */
import { Server } from "node:net";

const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(this: Server, ...args: unknown[]): Server {
  const [port, ...rest] = args;
  const onAnyInterface = (typeof port === "number" || typeof port === "string") && typeof rest[0] !== "string";
  return Reflect.apply(listen, this, onAnyInterface ? [port, "127.0.0.1", ...rest] : args) as Server;
};
