import type { AuditRow } from "../query.ts";

/** The last signed record of a chain in a period. */
export interface SignedPlace {
  readonly sequence: number;
  /** RFC 3339. */
  readonly time: string;
}

const signed = /,"signature":"[\w.-]+"\}\}$/;

/** What is signed of each chain, by the records that say so. Whether the signatures are good, `verify` says. */
export function createChainsTally() {
  const places = new Map<string, SignedPlace>();
  return {
    take: ({ chain, sequence, time, event, line }: AuditRow): void => {
      if ((event === "log_checkpoint" || event === "log_ended") && signed.test(line))
        places.set(chain, { sequence, time: time.toISOString() });
    },
    tally: (): ReadonlyMap<string, SignedPlace> => places,
  };
}
