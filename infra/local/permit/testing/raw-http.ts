/** An answer, read. */
export interface RawAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Sends one request without the SDK: for what the SDK would not send, and for answers it hides. */
export async function send(
  url: string,
  secret: string | null,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: readText(text) };
}

function readText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Sends below one path prefix with one key, for example to the facts of one environment. */
export type Sender = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<RawAnswer>;

/** A sender whose prefix and key are looked up at each call, because each test has an environment of its own. */
export function sender(
  target: () => { readonly url: string; readonly secret: string; readonly prefix: string },
): Sender {
  return (method, path, body, headers) => {
    const { url, secret, prefix } = target();
    return send(url, secret, method, `${prefix}${path}`, body, headers);
  };
}
