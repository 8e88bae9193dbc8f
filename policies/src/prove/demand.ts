/** An invariant of the file as a law: what it demands of each call that is allowed. */
import { consentDays } from "../consent-days.ts";
import { bypassOf, type DecisionQuery, grantOn } from "../decide.ts";
import type { HostModel, ServerModel, ToolModel } from "../model.ts";
import type { PlacedInvariant } from "./load-invariants.ts";
import { Law } from "./proof.ts";
import { selectHumans, selectTools } from "./selection.ts";

/** A question whose answer is that the call is allowed. */
export interface AllowedCall {
  readonly query: DecisionQuery;
  readonly server: ServerModel;
  readonly tool: ToolModel;
  /** True when the call waits for an approval. */
  readonly approval: boolean;
}

/** An invariant, ready to be asked of the calls of one host. */
export class DemandLaw extends Law {
  readonly #host: HostModel;
  readonly #demand: PlacedInvariant["demand"];
  readonly #humans: ReadonlySet<string>;
  readonly #tools: ReadonlyMap<string, readonly boolean[]>;
  readonly #servers: ReadonlySet<string>;
  /** The first call of each human that is allowed one, for `humansMax`. */
  readonly #reaching = new Map<string, DecisionQuery>();

  constructor(invariant: PlacedInvariant, host: HostModel) {
    super(invariant.name, invariant.source);
    this.#host = host;
    this.#demand = invariant.demand;
    this.#humans = selectHumans(invariant, host);
    this.#tools = new Map(host.servers.map((server) => [server.key, selectTools(invariant, server)]));
    const selected = [...this.#tools].map(([key, tools]) => [key, tools.filter(Boolean).length] as const);
    this.#servers = new Set(selected.flatMap(([key, count]) => (count === 0 ? [] : [key])));
    this.asked = this.#humans.size * selected.reduce((sum, [, count]) => sum + count, 0);
  }

  /** True when it is about this human and a tool of this server. */
  isAbout(human: string, server: string): boolean {
    return this.#servers.has(server) && this.#humans.has(human);
  }

  /** By place of a server's tools, true where it is about the tool. */
  toolsOf(server: string): readonly boolean[] {
    return this.#tools.get(server) ?? [];
  }

  /** Asks of a call of a human and a tool that it is about. */
  ask({ query, server, tool, approval }: AllowedCall): void {
    const { reached, approval: wanted, humansMax, consentDaysMax, until } = this.#demand;
    // Most calls break nothing, so the sentence is made for those that do.
    const trust = () => `${tool.name} of ${server.key} (trust ${tool.trust})`;
    if (reached === "never") this.violate(query, `${query.human} can call ${trust()}`);
    if (wanted !== undefined && !approval) {
      this.violate(query, `${query.human} can call ${trust()} without an approval`);
    } else if (wanted === "always") {
      const bypass = this.#host.approval.bypass.find(
        ({ client }) => bypassOf(this.#host, query.human, client) !== undefined,
      );
      if (bypass !== undefined) {
        const text = `the agent ${bypass.client} of ${query.human} can call ${trust()} without an approval`;
        this.violate({ ...query, client: bypass.client }, text);
      }
    }
    if (humansMax !== undefined && !this.#reaching.has(query.human)) this.#reaching.set(query.human, { ...query });
    if (consentDaysMax === undefined && until === undefined) return;
    const grant = grantOn(this.#host, query.server, query.human, query.on);
    if (grant === undefined) return;
    const { days } = consentDays(this.#host, server, grant);
    if (consentDaysMax !== undefined && days > consentDaysMax) {
      this.violate(query, `a consent with which ${query.human} can call ${trust()} lives ${days} days`);
    }
    if (until === "required" && grant.until === undefined) {
      this.violate(query, `the grant by which ${query.human} can call ${trust()} has no end`);
    }
  }

  /** Says what only shows once every call was asked of. */
  end(): void {
    const { humansMax } = this.#demand;
    if (humansMax === undefined || this.#reaching.size <= humansMax) return;
    // The one too many is what a reviewer looks for; the others are as many as may be.
    const [human, query] = [...this.#reaching].toSorted(([a], [b]) => (a < b ? -1 : 1)).at(humansMax) ?? [];
    if (query === undefined) return;
    this.violate(query, `${this.#reaching.size} humans can call these tools, ${human} is one too many of ${humansMax}`);
  }
}
