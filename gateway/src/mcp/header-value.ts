/** Header values of MCP 2026-07-28: plain ASCII, or `=?base64?...?=` around UTF-8 (transports, value encoding). */

const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const sentinel = /^=\?base64\?(.*)\?=$/;
const canonicalBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** True for a value that can be sent as a header as it is: no control characters, so no second header. */
export function isPlainHeaderValue(value: string): boolean {
  return plain.test(value);
}

/** Writes any well-formed text as a header value. */
export function encodeHeaderValue(text: string): string {
  if (isPlainHeaderValue(text) && !sentinel.test(text)) return text;
  return `=?base64?${Buffer.from(text, "utf8").toString("base64")}?=`;
}

/** The text that a header value stands for; undefined when it is malformed. */
export function decodeHeaderValue(value: string): string | undefined {
  const encoded = sentinel.exec(value)?.[1];
  if (encoded === undefined) return isPlainHeaderValue(value) ? value : undefined;
  if (!canonicalBase64.test(encoded)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(encoded, "base64"));
  } catch {
    return undefined;
  }
}
