/** Signing in at an upstream server: started and ended here, in between the human is at its authorization server. */
import { randomBytes } from "node:crypto";
import { permitServerOf } from "@permit-mcp-gateway/policies";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { DynamicServerStore } from "../deps/dynamic-servers.ts";
import type { HumanDirectory } from "../deps/host-settings.ts";
import type { ConsentFacts } from "../deps/permit.ts";
import type { Clock } from "../deps/process.ts";
import type { UpstreamAccounts } from "../deps/upstream-accounts.ts";
import { type ErrorCode, errorCatalogue, GatewayError } from "../errors.ts";
import type { AccountLog } from "../oauth/account-log.ts";
import type { AuthLibrary, SignedIn } from "../oauth/auth-library.ts";
import { libraryPath } from "../oauth/auth-options.ts";
import { recordedRequest } from "../oauth/recorded-request.ts";
import { requireOwnOrigin } from "../oauth/request-guards.ts";
import { upstreamParameter } from "../oauth/resource-identifier.ts";
import { callbackPath, clientDocumentPath, connectPath } from "../upstream-paths.ts";
import { findGrantable } from "./check-consent.ts";
import type { ConnectStartAnswer, ConnectView } from "./contract.ts";
import { readFirstTools } from "./enter-server.ts";
import { readCookie } from "./read-cookie.ts";

/** What these routes stand on. */
export interface ConnectRoutesDeps {
  readonly publicUrl: string;
  readonly directory: HumanDirectory;
  readonly library: AuthLibrary;
  readonly facts: ConsentFacts;
  readonly upstreamAccounts: UpstreamAccounts;
  readonly dynamicServers: DynamicServerStore;
  readonly accountLog: Pick<AccountLog, "changed">;
  readonly clock: Clock;
  /** Who asks. Throws GatewayError NOT_SIGNED_IN or EMAIL_DOMAIN_FORBIDDEN. */
  readonly requireSignedIn: (request: FastifyRequest) => Promise<SignedIn>;
  /** The human in front of a consent page that is still theirs to answer. Throws GatewayError. */
  readonly requireConsentRequest: (request: FastifyRequest, query: string, server: string) => Promise<SignedIn>;
}

const body = z.strictObject({
  server: z.string().max(200),
  query: z.string().max(16_000).optional(),
  chosen: z.array(z.string().max(200)).max(20).optional(),
});

/** Parameters of an authorization request. Everything else of a signed query is the library's and is made anew. */
const authorizeParameters = new Set([
  ...["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"],
  ...["resource", "prompt"],
]);

const browserSeconds = 24 * 60 * 60;
const problemSeconds = 5 * 60;

/** `/api/connect`, `/api/connect/start`, the way back from an upstream's authorization server, and the client documents. */
export function connectRoutes(deps: ConnectRoutesDeps): FastifyPluginAsync {
  const { publicUrl, directory, facts, upstreamAccounts, clock } = deps;
  const secure = publicUrl.startsWith("https:");
  // `__Host-`: no other host of the domain can have set it (RFC 6265bis section 4.1.3.2).
  const cookies = {
    browser: secure ? "__Host-upstream-browser" : "upstream-browser",
    problem: secure ? "__Host-upstream-problem" : "upstream-problem",
  };
  const setCookie = (reply: FastifyReply, name: string, value: string, seconds: number) =>
    // Lax, because the browser comes back from another site.
    reply.header(
      "set-cookie",
      `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`,
    );

  /** The human, when the policy still lets them use this server. */
  const requireGranted = async (request: FastifyRequest) => {
    requireOwnOrigin(request, publicUrl);
    const parsed = body.safeParse(request.body);
    if (!parsed.success) throw new GatewayError("REQUEST_INVALID", { detail: parsed.error.message });
    const { server, query, chosen = [] } = parsed.data;
    const human =
      query === undefined
        ? await deps.requireSignedIn(request)
        : await deps.requireConsentRequest(request, query, server);
    if (!human.emailVerified) throw new GatewayError("EMAIL_UNVERIFIED");
    const ceilings = await facts.ceilings(human.email);
    const settings = await directory.settingsOf(human.userId);
    const granted = findGrantable(settings, { email: human.email, ceilings, now: clock() }, server);
    const others = chosen.filter((key) => key !== server && ceilings.has(permitServerOf(key)));
    const upstreamUrls = [server, ...others].flatMap((key) => settings.servers.get(key)?.upstreamUrl ?? []);
    const owner = { userId: human.userId, server };
    return { owner, query, name: granted.server.name, upstreamUrls, email: human.email, server: granted.server };
  };

  /** So that the page that comes next shows them. What fails here is tried, and told of, there. */
  const readToolsAtLast = async ({ userId, email }: SignedIn, key: string, { log }: FastifyRequest) => {
    const server = (await directory.settingsOf(userId)).servers.get(key);
    if (server?.enteredBy === undefined || server.tools.size > 0) return;
    await readFirstTools(deps, { ...server, userId, email }).catch((error: unknown) => {
      log.info({ error: String(error) }, "the tools of a human's own server could not be read yet");
    });
  };

  return async (app) => {
    app.post("/api/connect", async (request, reply): Promise<ConnectView> => {
      const { owner, name, email, server } = await requireGranted(request);
      throwProblem(readCookie(request, cookies.problem), owner.server, () => {
        setCookie(reply, cookies.problem, "", 0);
      });
      if (!(await upstreamAccounts.connected(owner))) return { state: "sign-in-needed", name };
      try {
        const askedForMore = await upstreamAccounts.askedForMore(owner);
        if (server.enteredBy !== undefined && server.tools.size === 0) {
          const firstTools = await readFirstTools(deps, { ...server, userId: owner.userId, email });
          const shown = firstTools.map(({ name, trust }) => ({ name, trust }));
          const tools = { changed: [], missing: [], unlisted: [] };
          return { state: "connected", name, tools, askedForMore, firstTools: shown };
        }
        const tools = await upstreamAccounts.offeredTools(owner, { email, requestId: request.id });
        return { state: "connected", name, tools, askedForMore };
      } catch (error) {
        if (error instanceof GatewayError && error.code === "UPSTREAM_SIGN_IN_NEEDED") {
          return { state: "sign-in-needed", name };
        }
        throw error;
      }
    });

    app.post("/api/connect/start", async (request, reply): Promise<ConnectStartAnswer> => {
      const { owner, query, upstreamUrls } = await requireGranted(request);
      const browser = readCookie(request, cookies.browser) ?? randomBytes(32).toString("base64url");
      const authorizeQuery = query === undefined ? undefined : authorizeQueryOf(query, upstreamUrls);
      const url = await upstreamAccounts.begin({ ...owner, browser, authorizeQuery });
      setCookie(reply, cookies.browser, browser, browserSeconds);
      return { redirect: url.href };
    });

    app.get<{ Params: { server: string } }>(callbackPath(":server"), async (request, reply) => {
      reply.header("referrer-policy", "no-referrer").header("cache-control", "no-store");
      const { server } = request.params;
      const parameters = new URL(request.raw.url ?? "/", publicUrl).searchParams;
      // Twice is nobody's answer (RFC 6749 section 3.1).
      const only = (name: string) =>
        parameters.getAll(name).length === 1 ? (parameters.get(name) ?? undefined) : undefined;
      try {
        const human = await deps.requireSignedIn(request);
        const { authorizeQuery, problem } = await upstreamAccounts.finish({
          ...{ userId: human.userId, server, browser: readCookie(request, cookies.browser) },
          ...{ state: only("state") ?? "", code: only("code"), error: only("error"), iss: only("iss") },
        });
        if (problem !== undefined) {
          request.log.info({ code: problem.code, detail: problem.detail }, "sign-in at an upstream failed");
          setCookie(reply, cookies.problem, problemText(server, problem), problemSeconds);
        } else {
          const fact = { human: human.email, request: recordedRequest(request), server };
          deps.accountLog.changed("UPSTREAM_CONNECTED", fact);
          await readToolsAtLast(human, server, request);
        }
        // Back to the consent page, with a new signature however long it took.
        const next =
          authorizeQuery === undefined ? connectPath(server) : `${libraryPath}/oauth2/authorize?${authorizeQuery}`;
        return reply.redirect(`${publicUrl}${next}`, 303);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        request.log.info({ code: error.code, detail: error.detail }, "an answer of an upstream's sign-in was refused");
        return reply.redirect(`${publicUrl}/error?error=${error.code}`, 303);
      }
    });

    app.get<{ Params: { server: string } }>(clientDocumentPath(":server"), async (request, reply) => {
      const document = upstreamAccounts.clientDocument(request.params.server);
      if (document === undefined) throw new GatewayError("NOT_FOUND");
      return reply.header("cache-control", "public, max-age=300").send(document);
    });
  };
}

/** The authorization request behind a signed query; where it left the servers open, those that the human has chosen. */
function authorizeQueryOf(signed: string, upstreamUrls: readonly string[]): string {
  const kept = [...new URLSearchParams(signed)].filter(([name]) => authorizeParameters.has(name));
  return new URLSearchParams([...kept, ...upstreamUrls.map((url) => [upstreamParameter, url])]).toString();
}

/** What went wrong at the authorization server, for the page that the human comes back to. */
function problemText(server: string, { code, sentence }: GatewayError): string {
  return Buffer.from(JSON.stringify([server, code, sentence])).toString("base64url");
}

const problemSchema = z.tuple([
  z.string(),
  z.custom<ErrorCode>((code) => typeof code === "string" && code in errorCatalogue),
  z.string().max(1000),
]);

/** Throws the problem that the cookie holds, once. */
function throwProblem(cookie: string | undefined, server: string, clear: () => void): void {
  if (cookie === undefined || cookie === "") return;
  clear();
  let parsed: z.ZodSafeParseResult<z.infer<typeof problemSchema>>;
  try {
    parsed = problemSchema.safeParse(JSON.parse(Buffer.from(cookie, "base64url").toString("utf8")));
  } catch {
    return;
  }
  if (!parsed.success || parsed.data[0] !== server) return;
  throw new GatewayError(parsed.data[1], { sentence: parsed.data[2] });
}
