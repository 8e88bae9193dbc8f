import type { FastifyRequest } from "fastify";

/** The value of a cookie, as it was sent (RFC 6265 section 5.4). Undefined when there is none, or more than one. */
export function readCookie({ headers }: Pick<FastifyRequest, "headers">, name: string): string | undefined {
  const values = (headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  const [only] = values;
  return values.length === 1 ? only?.slice(name.length + 1) : undefined;
}
