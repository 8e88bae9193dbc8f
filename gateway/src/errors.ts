/**
 * Every refusal of the gateway: a stable code, an HTTP status, a JSON-RPC code and a sentence that says what to do. Longer
 * than most files: in one catalogue no code means two things.
 */

/** JSON-RPC code of a tool call that the policy refuses. */
export const permissionDeniedCode = -32004;

/** JSON-RPC code of a tool call that comes too soon after others. */
export const callLimitCode = -32005;

/** JSON-RPC code of MCP 2025-11-25 for "a human has to open a URL first" (elicitation, URL mode). */
export const urlElicitationCode = -32042;

interface ErrorEntry {
  /** HTTP status outside JSON-RPC, or of the transport where the MCP specification wants one. */
  readonly status: number;
  /** JSON-RPC error code when the refusal answers a JSON-RPC request. */
  readonly rpc: number;
  readonly sentence: string;
}

/** The catalogue. The table in `gateway/README.md` lists the same codes; a test compares the two. */
export const errorCatalogue = {
  TOKEN_MISSING: { status: 401, rpc: -32001, sentence: "Sign in: this endpoint needs an access token." },
  TOKEN_INVALID: { status: 401, rpc: -32001, sentence: "The access token is not valid here. Sign in again." },
  SCOPE_MISSING: {
    status: 403,
    rpc: -32001,
    sentence: 'The access token has no scope "mcp". Authorize again and ask for it.',
  },
  GRANT_REVOKED: {
    status: 401,
    rpc: permissionDeniedCode,
    sentence: "This agent's access was revoked. Connect again to ask for a new consent.",
  },
  GRANT_EXPIRED: {
    status: 401,
    rpc: permissionDeniedCode,
    sentence: "This agent's consent has expired. Connect again to renew it.",
  },
  SERVER_UNKNOWN: { status: 404, rpc: -32602, sentence: "This host has no MCP server of that name." },
  MESSAGE_INVALID: { status: 400, rpc: -32600, sentence: "The request body is not one valid JSON-RPC message." },
  BODY_TOO_LARGE: { status: 413, rpc: -32600, sentence: "The request body is larger than 1 MB." },
  BODY_NOT_JSON: { status: 400, rpc: -32700, sentence: "The request body is not valid JSON." },
  METHOD_NOT_ALLOWED: { status: 200, rpc: -32601, sentence: "The gateway does not pass this method on." },
  HEADER_MISMATCH: { status: 400, rpc: -32020, sentence: "The request's headers and body do not agree." },
  SESSION_UNKNOWN: { status: 404, rpc: -32600, sentence: "The session is not known here. Initialize a new one." },
  TOOL_UNKNOWN: {
    status: 200,
    rpc: permissionDeniedCode,
    sentence: "The policy of this host does not list the tool. Ask an admin to review it.",
  },
  CALL_LIMIT_REACHED: {
    status: 200,
    rpc: callLimitCode,
    sentence: "This agent calls more often than the policy lets it. Wait a moment and try again.",
  },
  TOOL_CHANGED: {
    status: 200,
    rpc: permissionDeniedCode,
    sentence: "The tool is not what was reviewed any more, so it is blocked. Ask an admin to review it.",
  },
  APPROVAL_REQUIRED: {
    status: 200,
    rpc: permissionDeniedCode,
    sentence:
      "Calls of the tool wait for the approval of a human, and this gateway can't ask for one yet. Ask an admin.",
  },
  POLICY_UNSUPPORTED: {
    status: 403,
    rpc: permissionDeniedCode,
    sentence: "The policy needs something that this gateway does not have. Ask an admin to update the gateway.",
  },
  NO_GRANT: {
    status: 200,
    rpc: permissionDeniedCode,
    sentence: "The policy gives you no access to this server. Ask an admin for a grant.",
  },
  GRANT_ENDED: {
    status: 403,
    rpc: permissionDeniedCode,
    sentence: "What the policy granted you on this server has ended. Ask an admin to extend it.",
  },
  CEILING_TOO_LOW: {
    status: 200,
    rpc: permissionDeniedCode,
    sentence: "The tool is above the trust ceiling an admin set for you on this server.",
  },
  CONSENT_TOO_LOW: {
    status: 200,
    rpc: permissionDeniedCode,
    sentence: "The tool is above the level you consented to for this agent. Connect again to consent to more.",
  },
  NOT_OPEN: {
    status: 200,
    rpc: permissionDeniedCode,
    sentence: "The policy does not open this part of the server to you. Ask an admin.",
  },
  NO_PERMISSION: { status: 200, rpc: permissionDeniedCode, sentence: "Permit denies this call." },
  DECISION_UNAVAILABLE: {
    status: 200,
    rpc: permissionDeniedCode,
    sentence: "The call could not be authorized because the decision point does not answer. Try again in a moment.",
  },
  POLICY_UNAVAILABLE: {
    status: 503,
    rpc: -32603,
    sentence: "The host's policy could not be read yet. Try again in a moment.",
  },
  AUDIT_UNAVAILABLE: {
    status: 200,
    rpc: -32603,
    sentence: "The call was refused because it could not be recorded. Try again in a moment.",
  },
  UPSTREAM_UNAVAILABLE: { status: 502, rpc: -32603, sentence: "The MCP server behind the gateway does not answer." },
  PROGRAM_NOT_ALLOWED: {
    status: 403,
    rpc: permissionDeniedCode,
    sentence:
      "The MCP server is a program that this gateway's own configuration does not allow. Ask an admin to put it there.",
  },
  UPSTREAM_TIMEOUT: {
    status: 200,
    rpc: -32603,
    sentence: "The MCP server behind the gateway took too long, so the request was ended. It may have taken effect.",
  },
  UPSTREAM_ANSWER_TOO_LARGE: {
    status: 200,
    rpc: -32603,
    sentence:
      "The MCP server's answer is larger than the policy lets through. It may have taken effect. Ask the server for less, or an admin to raise `maxAnswerMegabytes`.",
  },
  SERVER_URL_REFUSED: {
    status: 403,
    rpc: permissionDeniedCode,
    sentence:
      "The gateway does not connect to this address. It must be an https address on the public Internet, unless an admin has listed its host.",
  },
  SERVERS_TOO_MANY: {
    status: 409,
    rpc: -32603,
    sentence: "You have connected as many servers of your own as this host allows. Forget one, then try again.",
  },
  UPSTREAM_SIGN_IN_NEEDED: {
    status: 403,
    rpc: urlElicitationCode,
    sentence: "The MCP server wants you to sign in there. Open the link, then try again.",
  },
  UPSTREAM_SCOPE_NEEDED: {
    status: 403,
    rpc: urlElicitationCode,
    sentence: "The MCP server wants a wider sign-in for this. Open the link, then try again.",
  },
  UPSTREAM_SIGN_IN_FAILED: {
    status: 502,
    rpc: -32603,
    sentence: "Signing in at the MCP server did not work. Try again, or ask an admin.",
  },
  UPSTREAM_SIGN_IN_INVALID: {
    status: 400,
    rpc: -32600,
    sentence: "This sign-in at the MCP server was not started here, or is over. Start it again.",
  },
  NOT_SIGNED_IN: { status: 401, rpc: -32603, sentence: "Your sign-in has ended. Sign in again." },
  ORIGIN_FORBIDDEN: { status: 403, rpc: -32603, sentence: "This request must come from the gateway's own pages." },
  REQUEST_INVALID: { status: 400, rpc: -32600, sentence: "The request is not valid." },
  CONSENT_REQUEST_INVALID: {
    status: 400,
    rpc: -32600,
    sentence: "This consent request is not valid or has expired. Start again from your MCP client.",
  },
  SERVER_NOT_GRANTED: {
    status: 403,
    rpc: permissionDeniedCode,
    sentence: "The policy gives you no access to this server. Ask an admin for a grant.",
  },
  CEILING_EXCEEDED: {
    status: 403,
    rpc: permissionDeniedCode,
    sentence: "You can't consent to more than the ceiling an admin set for you on this server.",
  },
  PERMIT_UNAVAILABLE: {
    status: 503,
    rpc: -32603,
    sentence: "Permit could not be reached, so nothing was changed. Try again in a moment.",
  },
  STORE_UNAVAILABLE: {
    status: 503,
    rpc: -32603,
    sentence: "The gateway's database does not answer. Try again in a moment.",
  },
  NOT_FOUND: { status: 404, rpc: -32600, sentence: "There is nothing at this address." },
  HOST_MISDIRECTED: { status: 421, rpc: -32600, sentence: "This gateway is not reachable under that host name." },
  LEVEL_NOT_LOWER: {
    status: 409,
    rpc: -32603,
    sentence: "An agent can only be given less here. For more, connect again from the MCP client and consent.",
  },
  RECEIPT_UNKNOWN: {
    status: 404,
    rpc: -32603,
    sentence: "There is no receipt of this consent: it was given before the gateway wrote receipts.",
  },
  SECRET_UNAVAILABLE: {
    status: 503,
    rpc: -32603,
    sentence: "A secret that the policy names can't be read. Ask an admin to put it where the gateway reads it.",
  },
  SIGN_IN_METHOD_OFF: { status: 403, rpc: -32603, sentence: "This way of signing in is turned off on this host." },
  SIGN_IN_PAUSED: {
    status: 429,
    rpc: -32603,
    sentence: "Too many attempts for this e-mail address. Wait a few minutes, then try again.",
  },
  MAIL_UNAVAILABLE: {
    status: 503,
    rpc: -32603,
    sentence: "The mail could not be sent. Try again in a moment, or ask an admin.",
  },
  CODE_WRONG: {
    status: 400,
    rpc: -32600,
    sentence: "This code is wrong, was used, or is older than five minutes. Ask for a new one.",
  },
  PASSWORD_UNFIT: {
    status: 400,
    rpc: -32600,
    sentence: "A password has 8 to 128 characters. Choose another one.",
  },
  PASSWORD_WRONG: { status: 400, rpc: -32603, sentence: "The current password is wrong." },
  RESET_LINK_INVALID: {
    status: 400,
    rpc: -32600,
    sentence: "This link was used, or is older than 30 minutes. Ask for a new one on the sign-in page.",
  },
  PASSKEY_REFUSED: {
    status: 400,
    rpc: -32603,
    sentence: "This passkey was not accepted. Try again, or sign in another way.",
  },
  SIGN_IN_NOT_FRESH: {
    status: 403,
    rpc: -32603,
    sentence: "For this you must have signed in within the last day. Sign out, and sign in again.",
  },
  SIGN_IN_FAILED: {
    status: 400,
    rpc: -32603,
    sentence: "The sign-in at the identity provider failed or took too long. Try again, or sign in another way.",
  },
  EMAIL_NOT_PROVEN: {
    status: 403,
    rpc: -32603,
    sentence:
      "The identity provider does not say that it has verified your e-mail address. Verify it there, or sign in another way.",
  },
  EMAIL_CHANGED: {
    status: 403,
    rpc: -32603,
    sentence: "The identity provider has another e-mail address for this account than before. Ask an admin.",
  },
  IDENTITY_PROVIDER_UNAVAILABLE: {
    status: 502,
    rpc: -32603,
    sentence: "The identity provider can't be used at the moment. Try again in a moment, or sign in another way.",
  },
  EMAIL_UNVERIFIED: {
    status: 403,
    rpc: -32603,
    sentence: "Your e-mail address is not verified yet, so you can't consent to anything. Ask an admin.",
  },
  CLIENT_NOT_ADMITTED: {
    status: 403,
    rpc: permissionDeniedCode,
    sentence: "The policy of this host does not let this client connect. Ask an admin to list it.",
  },
  EMAIL_DOMAIN_FORBIDDEN: {
    status: 403,
    rpc: permissionDeniedCode,
    sentence:
      "This host does not admit addresses of your e-mail domain. Sign in with another address, or ask an admin.",
  },
  GRANT_UNKNOWN: { status: 404, rpc: -32603, sentence: "You have no such agent. It may have been removed already." },
  // Lower case on the wire: clients of Permit MCP Gateway know it so.
  rate_limited: { status: 429, rpc: -32603, sentence: "Too many requests. Wait a moment and try again." },
  GATEWAY_STOPPING: {
    status: 200,
    rpc: -32603,
    sentence: "The gateway is being restarted and could not wait for the answer. The call may have taken effect.",
  },
  INTERNAL: { status: 500, rpc: -32603, sentence: "Something went wrong in the gateway. It was logged." },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** A refusal. `sentence` is public; `detail` and `cause` go to the log only. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly sentence: string;
  readonly detail: string | undefined;
  /** Where the human goes on, for the codes whose sentence speaks of a link. */
  readonly link: string | undefined;
  /** Whole seconds after which the same may be tried again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    options: { sentence?: string; detail?: string; link?: string; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    const sentence = options.sentence ?? errorCatalogue[code].sentence;
    super(`${code}: ${options.detail ?? sentence}`, { cause: options.cause });
    this.name = "GatewayError";
    this.code = code;
    this.sentence = sentence;
    this.detail = options.detail;
    this.link = options.link;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }
}
