import { sql } from "kysely";
import type { AuditLog } from "../audit/audit-log.ts";
import type { HostDirectory, HostSettings } from "../deps/host-settings.ts";
import type { Mailer } from "../deps/mail.ts";
import type { DecisionPoint } from "../deps/permit.ts";
import type { Readiness } from "../deps/process.ts";
import { policyProblem } from "../features.ts";
import type { Database } from "./database.ts";

const databaseTimeoutMs = 2_000;
const auditTimeoutMs = 5_000;

/** Somebody would wait for a code that never comes. */
function mailProblem({ signIn }: HostSettings, mailer: Mailer | undefined): string | undefined {
  if (mailer !== undefined || signIn.otp?.enabled !== true) return undefined;
  return "The policy of this host lets humans sign in with a code by mail (signIn.otp), and no mail can leave: set SMTP_URL and SMTP_FROM.";
}

/** The gateway is ready when database and decision point answer, what it records becomes durable, and a policy was read that it can enforce. */
export function createReadiness(parts: {
  readonly database: Database;
  readonly decisions: DecisionPoint;
  readonly directory: HostDirectory;
  readonly mailer: Mailer | undefined;
  readonly auditLog: Pick<AuditLog, "oldestWaitsMs">;
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
    // A gateway whose records can't be written refuses every call.
    audit: async () =>
      parts.auditLog.oldestWaitsMs() > auditTimeoutMs
        ? "Audit records can't be written. See the gateway's log."
        : undefined,
    policy: async () => policyProblem(parts.directory) ?? mailProblem(parts.directory.settings(), parts.mailer),
  };
}
