import type {
  ConnectView,
  ConsentChoice,
  ConsentServer,
  ConsentView,
  GrantView,
  Level,
} from "../../src/consent/contract.ts";
import type { AccountView, Method, SignInView } from "../../src/sign-in/contract.ts";

/** A host's sign-in page with these methods, everything around them to be had. */
export function signInView(methods: readonly Method[], changes: Partial<SignInView> = {}): SignInView {
  return {
    host: { name: "Demo" },
    methods,
    createAccount: methods.includes("password") || methods.includes("otp"),
    resetPassword: methods.includes("password"),
    redirectDomains: [],
    ...changes,
  };
}

export const accountView: AccountView = {
  host: { name: "Demo" },
  email: "developer@example.com",
  password: { on: true, set: true },
  passkeys: {
    on: true,
    list: [
      { id: "passkey-1", name: "Work laptop", createdAt: "2026-03-02T09:15:00.000Z" },
      { id: "passkey-2", name: "Phone", createdAt: "2026-03-04T16:40:00.000Z" },
    ],
  },
};

/**
 * A signed query as the gateway makes it. The mixed encodings and the repeated key would not survive being parsed and
 * written again, and the signature with them.
 */
export const signedQuery =
  "response_type=code&client_id=client-1&redirect_uri=http%3A%2F%2F127.0.0.1%3A7777%2Fcallback&scope=mcp+offline_access&state=a%20b&resource=http%3A%2F%2F127.0.0.1%3A8080%2Fmcp%2Fissues&resource=second&exp=1900000000&sig=abc%2Bdef%3D";

const tools: ConsentServer["tools"] = [
  { name: "delete_project", trust: "high" },
  { name: "create_issue", trust: "medium" },
  { name: "list_issues", trust: "low" },
  { name: "update_issue", trust: "medium" },
  { name: "get_issue", trust: "low" },
  { name: "delete_issue", trust: "high" },
];

export function consentView(ceiling: Level): ConsentView {
  return {
    host: { name: "Demo" },
    human: { email: "developer@example.com" },
    client: { id: "client-1", name: "Example Editor", redirectHost: "127.0.0.1" },
    server: {
      key: "issues",
      name: "Issue tracker",
      description: "Issues and projects of the demo team.",
      ceiling,
      signIn: false,
      endsAt: "2026-06-01T12:00:00.000Z",
      idleDays: 30,
      tools,
    },
    choice: null,
    refused: null,
  };
}

/** The same of a server at which the human signs in. */
export function signInConsentView(): ConsentView {
  const view = consentView("high");
  return { ...view, server: view.server === null ? null : { ...view.server, signIn: true } };
}

/** What connecting to it found out. */
export function connected(
  missing: readonly string[] = [],
  unlisted: readonly string[] = [],
  changed: readonly string[] = [],
): ConnectView {
  return { state: "connected", name: "Issue tracker", askedForMore: false, tools: { changed, missing, unlisted } };
}

export const signInNeeded: ConnectView = { state: "sign-in-needed", name: "Issue tracker" };

/** The client left the servers to the human, who may use these, and may connect more. */
export function choiceView(
  names: readonly string[],
  preselected: readonly string[] = [],
  entering: ConsentChoice["entering"] = null,
): ConsentView {
  const view = consentView("high");
  const servers = names.map((name, index) => ({
    ...(view.server as ConsentServer),
    key: name.toLowerCase().replaceAll(" ", "-"),
    name,
    description: `Looks after the ${name.toLowerCase()} of the team.`,
    ceiling: (["high", "medium", "low"] as const)[index % 3] as Level,
  }));
  return { ...view, server: null, choice: { servers, preselected, most: 20, entering } };
}

/** The same with both chosen, and a sign-in at one of them first. */
export function signInChoiceView(names: readonly string[], signInAt: string): ConsentView {
  const view = choiceView(names);
  const servers = (view.choice?.servers ?? []).map((server) => ({ ...server, signIn: server.key === signInAt }));
  return { ...view, choice: { servers, preselected: servers.map(({ key }) => key), most: 20, entering: null } };
}

export const grants: readonly GrantView[] = [
  {
    id: "grant-1",
    client: { id: "client-1", name: "Example Editor" },
    server: { key: "issues", name: "Issue tracker" },
    together: ["Everything"],
    level: "medium",
    ceiling: "high",
    tools,
    createdAt: "2026-03-02T09:15:00.000Z",
    lastUsedAt: "2026-03-04T16:40:00.000Z",
    endsAt: "2026-05-31T09:15:00.000Z",
  },
  {
    id: "grant/2",
    client: { id: "https://client.example.com/metadata.json", name: "Example Assistant" },
    server: { key: "everything", name: "Everything" },
    together: [],
    level: "high",
    ceiling: "medium",
    tools,
    createdAt: "2026-03-01T08:00:00.000Z",
    lastUsedAt: "2026-03-01T08:00:00.000Z",
    endsAt: "2026-05-30T08:00:00.000Z",
  },
];

/** A server that the human connected. */
export function ownServer(tools: ConsentServer["tools"] = []): ConsentServer {
  const { server } = consentView("medium");
  const url = "https://tools.example.com/mcp";
  return {
    ...(server as ConsentServer),
    key: "dynamic-0123456789abcdef",
    name: "tools.example.com/mcp",
    description: "",
    url,
    tools,
  };
}

export const enteredServers = {
  servers: [
    {
      ...{ key: "dynamic-0123456789abcdef", name: "tools.example.com/mcp", url: "https://tools.example.com/mcp" },
      ...{ agents: 1, createdAt: "2026-03-02T09:15:00.000Z" },
    },
  ],
};
