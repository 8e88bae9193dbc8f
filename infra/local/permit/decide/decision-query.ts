import type { Attributes } from "../state/rows.ts";

/** May this user do this action on this resource? */
export interface DecisionQuery {
  readonly user: string;
  readonly userAttributes: Attributes;
  readonly action: string;
  readonly type: string;
  /** Key of the instance; without it roles on instances do not count. */
  readonly key: string | undefined;
  /** Without a tenant everything is denied. */
  readonly tenant: string | undefined;
  readonly resourceAttributes: Attributes;
  readonly context: Attributes;
}
