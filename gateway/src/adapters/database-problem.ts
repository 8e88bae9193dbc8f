/** Thrown when PostgreSQL can't be used at the start. The message says where, why and what to do. */
export class DatabaseProblem extends Error {}

/** What to do, by the code of the driver, of Node or of PostgreSQL (its documentation, appendix A). */
const advice: Readonly<Record<string, string>> = {
  ECONNREFUSED: "See that it runs and that this network reaches it.",
  ENOTFOUND: "See that its name is right.",
  ETIMEDOUT: "See that a security group or firewall lets this through.",
  ERR_TLS_CERT_ALTNAME_INVALID: "Its certificate is for another name: use the name that is in it.",
  SELF_SIGNED_CERT_IN_CHAIN: "Its certificate is of an authority that is not believed here: set DATABASE_CA_FILE.",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "Its certificate is of an authority that is not believed here: set DATABASE_CA_FILE.",
  DEPTH_ZERO_SELF_SIGNED_CERT: "Its certificate is of an authority that is not believed here: set DATABASE_CA_FILE.",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "Its certificate is of an authority that is not believed here: set DATABASE_CA_FILE.",
  "28000": "With IAM: the database user needs the role rds_iam, and the task's role rds-db:connect for it.",
  "28P01": "With IAM: the database user needs the role rds_iam, and the task's role rds-db:connect for it.",
  "3D000": "Make the database first: database-setup.js does on Amazon RDS.",
  "42501": "The user must be allowed to make tables.",
};

/** A problem with the database at `where`. The driver's messages don't hold passwords; tokens are never in them. */
export function databaseProblem(where: string, cause: unknown): DatabaseProblem {
  const { code = "", message = String(cause) } = cause as { readonly code?: string; readonly message?: string };
  const noTls = message.includes("does not support SSL");
  const what = noTls ? "Turn TLS on there, or add sslmode=disable where the network is trusted." : advice[code];
  return new DatabaseProblem(["The database", where, `can't be used: ${message}.`, what].filter(Boolean).join(" "), {
    cause,
  });
}
