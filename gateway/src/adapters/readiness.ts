import { sql } from "kysely";
import type { DecisionPoint, HostDirectory, Readiness } from "../deps.ts";
import { policyProblem } from "../features.ts";
import type { Database } from "./database.ts";

const databaseTimeoutMs = 2_000;

/** The gateway is ready when its database answers, the decision point answers and a policy was read that it can enforce. */
export function createReadiness(parts: {
  readonly database: Database;
  readonly decisions: DecisionPoint;
  readonly directory: HostDirectory;
}): Readiness {
  return {
    database: async () => {
      let timer: NodeJS.Timeout | undefined;
      const tooLate = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error("no answer in time")), databaseTimeoutMs);
      });
      try {
        await Promise.race([sql`select 1`.execute(parts.database.kysely), tooLate]);
        return undefined;
      } catch {
        return "The database does not answer.";
      } finally {
        clearTimeout(timer);
      }
    },
    decisionPoint: async () => ((await parts.decisions.ready()) ? undefined : "The decision point does not answer."),
    policy: async () => policyProblem(parts.directory),
  };
}
