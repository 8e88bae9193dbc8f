/** Keeps the secrets that go through `fetch` in this process, whoever calls it, the MCP SDKs included. */
import { keepSecrets } from "./test-log.ts";

/** Names of what a form, a JSON body or a redirect carries and nobody else may read. */
const secretNames =
  /^(?:access_token|refresh_token|id_token|client_secret|client_assertion|registration_access_token|code|code_verifier|password|newPassword|currentPassword|otp|token|sig|oauth_query|SAMLResponse)$/;

/** No secret is deeper; tests send what is, to see what becomes of it. */
const maxDepth = 50;

/** Values under secret names, wherever they are in a JSON document. */
function inJson(value: unknown, name = "", depth = 0): string[] {
  if (typeof value === "string") return secretNames.test(name) ? [value] : [];
  if (typeof value !== "object" || value === null || depth > maxDepth) return [];
  // The gateway's own refusals have a `code` too.
  if ("error" in value || "code" in value) return [];
  return Object.entries(value).flatMap(([key, each]) => inJson(each, key, depth + 1));
}

function inParameters(parameters: URLSearchParams): string[] {
  return [...parameters].filter(([name]) => secretNames.test(name)).map(([, value]) => value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inBody(body: unknown): string[] {
  if (body instanceof URLSearchParams) return inParameters(body);
  if (typeof body !== "string") return [];
  return body.startsWith("{") ? inJson(parsed(body)) : inParameters(new URLSearchParams(body));
}

const inUrl = (url: string | null) =>
  url !== null && URL.canParse(url) ? inParameters(new URL(url).searchParams) : [];

async function inResponse(response: Response): Promise<string[]> {
  const cookies = response.headers.getSetCookie().map((cookie) => /^[^=]*=([^;]*)/.exec(cookie)?.[1] ?? "");
  const json = (response.headers.get("content-type") ?? "").startsWith("application/json");
  const body = json ? inJson(parsed(await response.clone().text())) : [];
  return [...cookies, ...body, ...inUrl(response.headers.get("location"))];
}

const original = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const authorization = new Headers(init?.headers).get("authorization")?.replace(/^\w+ +/, "");
  const url = input instanceof Request ? input.url : String(input);
  const response = await original(input, init);
  keepSecrets([...inUrl(url), ...inBody(init?.body), ...(authorization === undefined ? [] : [authorization])]);
  keepSecrets(await inResponse(response));
  return response;
};
