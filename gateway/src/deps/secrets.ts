/** Secrets by name. */

/** The secrets that a policy names (`{ secret: <name> }`). */
export interface Secrets {
  /** The value of today. Throws GatewayError SECRET_UNAVAILABLE, which names the secret and never holds its value. */
  read(name: string): Promise<string>;
}
