import { DecisionLogs } from "../audit/decision-logs.ts";
import { unavailable } from "../state/api-error.ts";
import type { Effects } from "../state/effects.ts";
import type { EnvironmentTable } from "../state/environment.ts";
import { EnvironmentState } from "../state/environment.ts";
import { type Change, Journal } from "../state/journal.ts";
import { type EnvironmentRow, OrganizationState, organizationScope, startKeyOf } from "../state/organization.ts";
import type { Row } from "../state/table.ts";
import type { Database } from "./database.ts";

/** All state in memory, each mutation made durable before it is acknowledged. */
export class Store {
  readonly organization: OrganizationState;
  readonly effects: Effects;
  readonly decisions: DecisionLogs;
  readonly #journal = new Journal();
  readonly #environments = new Map<string, EnvironmentState>();
  readonly #database: Database;
  #failure: unknown = null;
  #firstStart = false;

  private constructor(database: Database, effects: Effects) {
    this.#database = database;
    this.effects = effects;
    this.decisions = new DecisionLogs(database);
    void database.failed.then((reason) => {
      this.#failure ??= reason;
    });
    this.organization = new OrganizationState(this.#journal);
  }

  /**
   * Loads everything stored, makes the organization and the project `default` at first start, and sets the
   * organization's key: the given one, else the stored one, else a new one.
   */
  static async open(database: Database, effects: Effects, organizationKey: string | undefined): Promise<Store> {
    const store = new Store(database, effects);
    await store.#load();
    await store.write(() => store.#initialize(organizationKey));
    return store;
  }

  get organizationId(): string {
    return [...this.organization.organizations][0]?.id ?? "";
  }

  /** Secret of the organization's key. */
  get organizationKey(): string {
    return startKeyOf(this.organization)?.secret ?? "";
  }

  /** Whether there was nothing stored. */
  get firstStart(): boolean {
    return this.#firstStart;
  }

  /** Whether changes can be stored. After a failed commit memory is ahead of the disk, so nothing is answered any more. */
  get healthy(): boolean {
    return this.#failure === null;
  }

  /** Throws a 503 ApiError once a change could not be stored. */
  checkHealthy(): void {
    if (this.#failure !== null) throw unavailable();
  }

  environment(id: string): EnvironmentState | undefined {
    return this.#environments.get(id);
  }

  /** Makes the state of an environment that was just created; inside a mutation. */
  openEnvironment(row: EnvironmentRow): EnvironmentState {
    const scope = {
      organization_id: this.organizationId,
      project_id: row.project_id,
      environment_id: row.id,
    };
    const state = new EnvironmentState(scope, this.#journal, this.effects);
    this.#environments.set(row.id, state);
    return state;
  }

  /** Runs a synchronous mutation and resolves with its result once it is committed. What it throws undoes it. */
  async write<T>(mutation: () => T): Promise<T> {
    this.checkHealthy();
    const { result, changes } = this.#journal.run(mutation);
    const removed = changes.filter(isRemovedEnvironment).map(({ id }) => id);
    for (const id of removed) this.decisions.forget(id);
    try {
      // At once: changes must be stored in the order in which they were made.
      await this.#database.append(changes);
    } catch (error) {
      this.#failure = error;
      throw unavailable(error);
    }
    for (const id of removed) {
      this.#environments.delete(id);
      this.#journal.unsubscribe(id);
    }
    return result;
  }

  async close(): Promise<void> {
    await this.decisions.flush();
    await this.#database.close();
  }

  async #load(): Promise<void> {
    const own = tablesByKind(Object.values(this.organization));
    const tables = new Map<string, ReadonlyMap<string, EnvironmentTable>>([[organizationScope, own]]);
    for await (const rows of this.#database.load()) {
      for (const { scope, kind, body } of rows) {
        tables
          .get(scope)
          ?.get(kind)
          ?.load(body as Row);
        // In order of creation: an environment comes before what is in it.
        if (scope !== organizationScope || kind !== "environment") continue;
        const environment = body as EnvironmentRow;
        tables.set(environment.id, tablesByKind(this.openEnvironment(environment).tables()));
      }
    }
  }

  #initialize(organizationKey: string | undefined): void {
    const { newId, now, newSecret } = this.effects;
    const created_at = now();
    if (this.organization.organizations.size === 0) {
      this.#firstStart = true;
      this.organization.organizations.put({ id: newId(), created_at });
      this.organization.projects.put({
        id: newId(),
        key: "default",
        name: "Default Project",
        description: null,
        urn_namespace: "default",
        settings: null,
        created_at,
        updated_at: created_at,
      });
    }
    const current = startKeyOf(this.organization);
    const secret = organizationKey ?? current?.secret ?? newSecret();
    if (secret === current?.secret) return;
    this.organization.apiKeys.put({
      id: current?.id ?? newId(),
      secret,
      name: "Key of the organization",
      project_id: null,
      environment_id: null,
      access_level: "admin",
      owner_type: "member",
      created_at,
    });
  }
}

function tablesByKind(tables: readonly EnvironmentTable[]): ReadonlyMap<string, EnvironmentTable> {
  return new Map(tables.map((table) => [table.kind, table]));
}

function isRemovedEnvironment({ scope, kind, body }: Change): boolean {
  return scope === organizationScope && kind === "environment" && body === null;
}
