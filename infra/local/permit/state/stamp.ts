import type { EnvironmentScope, EnvironmentState } from "./environment.ts";
import type { Attributes } from "./rows.ts";

/** The ids and times that every stored object is answered with. */
export function stamped<R extends { readonly id: string; readonly created_at: string; readonly updated_at: string }>(
  env: EnvironmentState,
  row: R,
): EnvironmentScope & { id: string; created_at: string; updated_at: string } {
  return { id: row.id, ...env.scope, created_at: row.created_at, updated_at: row.updated_at };
}

/** Id and times of a new row. */
export function newStamp(env: EnvironmentState): { id: string; created_at: string; updated_at: string } {
  const now = env.effects.now();
  return { id: env.effects.newId(), created_at: now, updated_at: now };
}

/** What most objects have besides their key. */
interface DescribedChange {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly attributes?: Attributes | null | undefined;
}

/** Name, description and attributes, as far as a PATCH gives them. */
export function givenDescription({
  name,
  description,
  attributes,
}: DescribedChange): ReturnType<typeof given<DescribedChange>> {
  return given({ name, description, attributes });
}

/** The fields that a PATCH gives, to be spread over a row: Permit overwrites those and leaves the rest. `null` is given. */
export function given<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
