/** As much of Permit's HTTP API as the gateway uses, over documents that a test changes. Recorded, strict about the key. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { listen } from "./upstream-fixture.ts";

type Json = Record<string, unknown>;
interface Assignment {
  user: string;
  role: string;
  resource_instance: string;
  tenant: string;
}

export interface PermitFixture {
  readonly url: string;
  /** Key -> resource type; `type:key` -> resource instance. */
  readonly resources: Map<string, Json>;
  readonly instances: Map<string, Json>;
  readonly tuples: { subject: string; relation: string; object: string }[];
  assignments: Assignment[];
  readonly users: Map<string, Json>;
  /** Method and path of every request, without the query. */
  readonly requests: string[];
  /** Answers every request with this status instead. */
  failWith: number | undefined;
  /** Lists everything, whatever was asked for. */
  ignoresFilters: boolean;
  /** Answers `/allowed` and `/allowed/bulk`. Anything it returns is sent as it is. */
  decide: (query: DecisionQuery) => unknown;
  readonly queries: DecisionQuery[];
  close(): Promise<void>;
}

export interface DecisionQuery {
  readonly user: { readonly key: string };
  readonly action: string;
  readonly resource: { readonly type: string; readonly key: string; readonly tenant: string };
  readonly context: object;
}

export const permitKey = "permit_key_test";

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
}

export async function startPermit(): Promise<PermitFixture> {
  const same = (a: Assignment) => (b: Assignment) =>
    a.user === b.user && a.role === b.role && a.resource_instance === b.resource_instance;
  const page = <T>(all: readonly T[], query: URLSearchParams) => {
    const size = Number(query.get("per_page") ?? 30);
    const start = (Number(query.get("page") ?? 1) - 1) * size;
    return all.slice(start, start + size);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://permit");
    const path = decodeURIComponent(url.pathname).replace(/^\/v2\/(facts|schema)\/project\/environment/, "/$1");
    fixture.requests.push(`${request.method} ${path}`);
    const body = await readBody(request);
    const send = (status: number, value?: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (fixture.failWith !== undefined) return void send(fixture.failWith, { message: "out of order" });
    if (path === "/healthy") return void send(200, {});
    if (request.headers.authorization !== `Bearer ${permitKey}`) return void send(401, { message: "unknown key" });
    const [, area, kind = "", key = ""] = path.split("/");
    const found = (value: unknown) => (value === undefined ? send(404, { message: "not found" }) : send(200, value));
    const where = (name: string) => url.searchParams.get(name);

    if (path === "/allowed") {
      fixture.queries.push(body as DecisionQuery);
      return void send(200, fixture.decide(body as DecisionQuery));
    }
    if (path === "/allowed/bulk") {
      fixture.queries.push(...(body as DecisionQuery[]));
      return void send(200, { allow: (body as DecisionQuery[]).map((query) => fixture.decide(query)) });
    }
    if (path === "/v2/api-key/scope") {
      return void send(200, { organization_id: "org", project_id: "project", environment_id: "environment" });
    }
    if (area === "schema" && kind === "resources") return void found(fixture.resources.get(key));
    if (kind === "resource_instances") return void found(fixture.instances.get(key));
    if (kind === "users") {
      fixture.users.set(key, body as Json);
      return void send(200, body);
    }
    if (kind === "relationship_tuples") {
      const subject = where("subject");
      return void send(
        200,
        page(
          fixture.tuples.filter((tuple) => fixture.ignoresFilters || tuple.subject === subject),
          url.searchParams,
        ),
      );
    }
    if (kind === "role_assignments") {
      const assignment = body as Assignment;
      if (request.method === "GET") {
        const kept = fixture.assignments.filter(
          (each) =>
            fixture.ignoresFilters ||
            (each.user === where("user") && each.resource_instance === where("resource_instance")),
        );
        return void send(200, page(kept, url.searchParams));
      }
      const exists = fixture.assignments.some(same(assignment));
      if (request.method === "POST") {
        if (exists) return void send(409, { message: "duplicate" });
        fixture.assignments.push(assignment);
        return void send(200, assignment);
      }
      if (!exists) return void send(404, { message: "not found" });
      fixture.assignments = fixture.assignments.filter((each) => !same(assignment)(each));
      return void response.writeHead(204).end();
    }
    send(404, { message: `no such path: ${path}` });
  };

  const listening = await listen((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const fixture: PermitFixture = {
    url: new URL(listening.url).origin,
    resources: new Map(),
    instances: new Map(),
    tuples: [],
    assignments: [],
    users: new Map(),
    requests: [],
    queries: [],
    failWith: undefined,
    ignoresFilters: false,
    decide: () => ({ allow: false }),
    close: listening.close,
  };
  return fixture;
}
