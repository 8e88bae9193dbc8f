/** The JSON that the pages in `gateway/web` exchange with the gateway. Types only: `web` imports nothing else of it. */

export type Level = "low" | "medium" | "high";

/** `GET /api/consent?{signed query of the authorization request}`: everything the consent page shows. */
export interface ConsentView {
  readonly host: { readonly name: string };
  readonly human: { readonly email: string };
  /** `redirectHost` is shown so that a human can see a client that pretends to be another one. */
  readonly client: { readonly id: string; readonly name: string; readonly redirectHost: string };
  /** The server asked for. Null when there is nothing to consent to, and when the human chooses one. */
  readonly server: ConsentServer | null;
  /** Set when the client left the server to the human. */
  readonly choice: ConsentChoice | null;
  /** Why there is nothing: no grant or no such server, a grant that ended, a policy that can't be enforced. */
  readonly refused: ErrorView | null;
}

/** The servers that the human may choose from. */
export interface ConsentChoice {
  /** By name; empty when an admin has granted nothing. */
  readonly servers: readonly ConsentServer[];
  /** Keys of those among them that the client's URL names (`upstream_mcp`), or that the human chose before signing in there. */
  readonly preselected: readonly string[];
  /** How many the human can choose at most. */
  readonly most: number;
  /** Set when the human may connect servers of their own: how many more, and up to which trust. */
  readonly entering: { readonly left: number; readonly ceiling: Level } | null;
}

/** `POST /api/servers`: the human connects a server by URL, during a consent that lets them choose. */
export interface EnterServerRequest {
  readonly query: string;
  readonly url: string;
}

/** Answer of `POST /api/servers`: the key of the server, which is now among those to choose from. */
export interface EnterServerAnswer {
  readonly server: string;
}

/** `GET /api/servers`: the servers that the signed-in human has connected. `POST /api/servers/{key}/forget` ends one. */
export interface EnteredServersView {
  readonly servers: readonly EnteredServerView[];
}

/** One of them. */
export interface EnteredServerView {
  readonly key: string;
  readonly name: string;
  readonly url: string;
  /** How many agents may use it. */
  readonly agents: number;
  readonly createdAt: string;
}

export interface ConsentServer {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  /** Of a server that the human entered themselves: nobody has reviewed it. */
  readonly url?: string;
  /** Levels above it are shown muted and can't be chosen. */
  readonly ceiling: Level;
  /** True when the human has to sign in at the server itself before consenting. */
  readonly signIn: boolean;
  /** When a consent given now ends at the latest. */
  readonly endsAt: string;
  /** Days without use after which it ends sooner. */
  readonly idleDays: number;
  readonly tools: readonly { readonly name: string; readonly trust: Level }[];
}

/** `POST /api/connect` and `POST /api/connect/start`, with the signed query of the consent page where there is one. */
export interface ConnectRequest {
  readonly server: string;
  readonly query?: string;
  /** Of `start` only: all that the human has chosen, to be found chosen on the way back. */
  readonly chosen?: readonly string[];
}

/** Answer of `POST /api/connect`: whether the server can be used, and how its tools compare with its policy. */
export type ConnectView =
  | { readonly state: "sign-in-needed"; readonly name: string }
  | {
      readonly state: "connected";
      readonly name: string;
      /** True when the server has asked for more than the human has allowed it: signing in again gives it. */
      readonly askedForMore: boolean;
      /**
       * `missing`: the policy lists them and the server has them not. `unlisted`: the other way round. `changed`: they
       * are not what was reviewed.
       */
      readonly tools: {
        readonly changed: readonly string[];
        readonly missing: readonly string[];
        readonly unlisted: readonly string[];
      };
      /** The tools of a server of the human's own that could not be told before they had signed in there. */
      readonly firstTools?: ConsentServer["tools"];
    };

/** Answer of `POST /api/connect/start`: where the browser goes to sign in. */
export interface ConnectStartAnswer {
  readonly redirect: string;
}

/** `POST /api/consent`. */
export type ConsentRequest =
  | { readonly accept: true; readonly query: string; readonly servers: readonly ConsentedServer[] }
  | { readonly accept: false; readonly query: string };

/** One server that the human gives. Several only where the client left the choice to the human. */
export interface ConsentedServer {
  readonly server: string;
  readonly level: Level;
}

/** Answer of `POST /api/consent`: where the browser goes next (the client's redirect URI). */
export interface ConsentAnswer {
  readonly redirect: string;
}

/** `GET /api/grants`: the agents of the signed-in human. `POST /api/grants/{id}/revoke` ends one. */
export interface GrantsView {
  readonly grants: readonly GrantView[];
}

/** One consent: which agent may use which server, how much. */
export interface GrantView {
  readonly id: string;
  readonly client: { readonly id: string; readonly name: string };
  readonly server: { readonly key: string; readonly name: string };
  /** Names of the other servers that the agent still has at the same address. */
  readonly together: readonly string[];
  /** What the human consented to. */
  readonly level: Level;
  /**
   * What an admin lets the human give today: below `level` it is what holds. Null: nothing any more. Undefined: Permit
   * does not answer at the moment.
   */
  readonly ceiling?: Level | null;
  /** The tools of the server with the trust that each needs. Empty when the server left the policy. */
  readonly tools: readonly { readonly name: string; readonly trust: Level }[];
  readonly createdAt: string;
  readonly lastUsedAt: string;
  /** When it ends at the latest. */
  readonly endsAt: string;
}

/** `POST /api/grants/{id}/level`: down to a lower level, from the next call on. */
export interface LowerRequest {
  readonly level: Level;
}

/** `GET /api/grants/{id}/receipt`, a file to keep. */
export interface ReceiptFile {
  /** The claims of `jws`, for reading: what counts is what the signature is of. */
  readonly receipt: unknown;
  /** Compact JWS (RFC 7515), signed with a key of `keys`. */
  readonly jws: string;
  /** Where the public keys are. */
  readonly keys: string;
}

/** Body of every refusal. */
export interface ErrorView {
  readonly error: string;
  readonly message: string;
}
