import { PermitRequestError } from "./request-error.ts";

/** One write to Permit, or a few that belong together. */
export interface Step {
  /** Whether it takes permissions away or gives them. What is neither is `widen`: it waits until the taking is done. */
  readonly effect: "tighten" | "widen";
  /** For the operator, for example `issues: role medium loses delete_issue`. */
  readonly summary: string;
  /** Throws PermitRequestError. */
  run(): Promise<unknown>;
}

/** How one kind of plan object is kept in Permit. `Actual` is what is there, which may be more than a plan can say. */
export interface ObjectHandler<Client, Plan, Actual> {
  /** What Permit has of this object, undefined when nothing. */
  read(client: Client, plan: Plan): Promise<Actual | undefined>;
  /** The steps from `actual` to `next`, none when they agree. Every tightening step comes before every widening one. */
  steps(client: Client, actual: Actual | undefined, next: Plan): readonly Step[];
  /** The steps that remove the object and what hangs on it. None when nothing is there. */
  removal(client: Client, actual: Actual | undefined, plan: Plan): readonly Step[];
}

/** Undefined for a 404, so that reading tells "not there" from "could not be read". */
export async function ifFound<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof PermitRequestError && error.status === 404) return undefined;
    throw error;
  }
}

/** All items of a paged listing. A page that is not full is the last. */
export async function allPages<T>(perPage: number, page: (page: number) => Promise<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for (let number = 1; ; number += 1) {
    const batch = await page(number);
    items.push(...batch);
    if (batch.length < perPage) return items;
  }
}

/** The largest page Permit gives, except of role assignments. */
export const perPageMax = 100;
/** The largest page of role assignments. */
export const assignmentsPerPageMax = 1000;
/** The smallest of Permit's limits on one bulk request (1000 tuples, 2000 assignments, 3000 users and instances). */
const bulkMax = 1000;

/** Sends `items` in as few bulk requests as Permit's limits allow; none when there are none (Permit answers 400). */
export async function inBulk<T>(items: readonly T[], send: (batch: T[]) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < items.length; start += bulkMax) await send(items.slice(start, start + bulkMax));
}
