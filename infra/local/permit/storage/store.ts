import { unavailable } from "../state/api-error.ts";
import type { Effects } from "../state/effects.ts";
import type { EnvironmentTable } from "../state/environment.ts";
import { EnvironmentState } from "../state/environment.ts";
import { Journal } from "../state/journal.ts";
import { type EnvironmentRow, OrganizationState, organizationScope, startKeyOf } from "../state/organization.ts";
import type { Row } from "../state/table.ts";
import type { ChangeLog } from "./change-log.ts";

/** All state in memory, each mutation made durable before it is acknowledged. */
export class Store {
  readonly organization: OrganizationState;
  readonly effects: Effects;
  readonly #journal = new Journal();
  readonly #environments = new Map<string, EnvironmentState>();
  readonly #log: ChangeLog;
  #failure: unknown = null;
  #firstStart = false;

  private constructor(log: ChangeLog, effects: Effects) {
    this.#log = log;
    this.effects = effects;
    this.organization = new OrganizationState(this.#journal);
  }

  /**
   * Loads everything stored, makes the organization and the project `default` at first start, and sets the
   * organization's key: the given one, else the stored one, else a new one.
   */
  static async open(log: ChangeLog, effects: Effects, organizationKey: string | undefined): Promise<Store> {
    const store = new Store(log, effects);
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
    try {
      await this.#log.append(changes);
    } catch (error) {
      this.#failure = error;
      throw unavailable(error);
    }
    return result;
  }

  async close(): Promise<void> {
    await this.#log.close();
  }

  async #load(): Promise<void> {
    const rows = await this.#log.load();
    const own = new Map<string, EnvironmentTable>(
      Object.values(this.organization).map((table: EnvironmentTable) => [table.kind, table]),
    );
    for (const { scope, kind, body } of rows) {
      if (scope === organizationScope) own.get(kind)?.load(body as Row);
    }
    const tables = new Map<string, EnvironmentTable>();
    for (const environment of this.organization.environments) {
      for (const table of this.openEnvironment(environment).tables())
        tables.set(`${environment.id} ${table.kind}`, table);
    }
    for (const { scope, kind, body } of rows) tables.get(`${scope} ${kind}`)?.load(body as Row);
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
