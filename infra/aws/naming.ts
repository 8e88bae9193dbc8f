/** Names of resources that can't be left to Pulumi, because another resource's policy or AWS itself goes by the name. */
export interface Names {
  /** Of the cluster, of keys and of roles. */
  readonly prefix: string;
  /** Of log groups: `<logPrefix>/<what>`. */
  readonly logPrefix: string;
  /** Of the firewall's log group: WAF writes to names that begin like this, and to no others. */
  readonly firewallLogGroup: string;
  /** Beginning of the names of the secrets that the policy names. Nothing else may be called so. */
  readonly policySecrets: string;
  /** Of an RDS cluster: small letters, digits and single hyphens. */
  readonly database: string;
  /** Of the host's own database, and of the user that owns it. */
  readonly databaseUser: string;
}

/** PostgreSQL cuts off what is longer. */
const identifierLength = 63;

/**
 * The names of a stack. Two stacks that would share one (`a.b` and `a-b`, or the same stack in two backends) don't share
 * the resource: AWS refuses to make the second. Database names are never shared, because PostgreSQL would not refuse: any
 * character but small letters and digits is written as its code. Throws RangeError for a stack whose name is too long.
 */
export function namesOf(stack: string): Names {
  const databaseUser = `host_${stack.replaceAll(/[^a-z0-9]/g, (character) => `_${character.charCodeAt(0).toString(16)}`)}`;
  if (databaseUser.length > identifierLength) {
    throw new RangeError(
      `The stack's name makes a database name of over ${identifierLength} characters: ${databaseUser}`,
    );
  }
  const database = `permit-mcp-gateway-${stack}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const prefix = `permit-mcp-gateway-${stack.replaceAll(/[^A-Za-z0-9_-]+/g, "-")}`;
  return {
    prefix,
    policySecrets: `${prefix}/`,
    firewallLogGroup: `aws-waf-logs-${prefix}`,
    logPrefix: `/permit-mcp-gateway/${stack}`,
    databaseUser,
    database: database.slice(0, 63).replace(/-$/, ""),
  };
}
