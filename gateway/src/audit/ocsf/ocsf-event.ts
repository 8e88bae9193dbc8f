/** What an OCSF event of this gateway has, whatever its class. Release 1.8.0: https://schema.ocsf.io/1.8.0/ */

/** Release of the schema that the events are of, as `metadata.version` says it. */
export const ocsfVersion = "1.8.0";

/** Who writes the events, as `metadata.product` says it. The version is the one of the gateway's package.json. */
export const product = Object.freeze({
  name: "permit-mcp-gateway",
  vendor_name: "permit-mcp-gateway",
  version: "0.1.0",
});

/** What OCSF has no attribute for. What comes last is in this order, so that a signature can be put behind it. */
export interface Unmapped {
  readonly [name: string]: unknown;
  readonly replica: string;
  readonly chain: string;
  readonly previous: string;
}

/**
 * One event. Its members and those of `unmapped` are in the order of the line that is hashed, `unmapped` last. A member
 * that is undefined is none: `JSON.stringify` leaves it out.
 */
export interface OcsfEvent {
  readonly [attribute: string]: unknown;
  readonly category_uid: number;
  readonly class_uid: number;
  readonly activity_id: number;
  readonly type_uid: number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly time: number;
  readonly severity_id: number;
  readonly metadata: {
    readonly version: string;
    readonly product: typeof product;
    readonly profiles: readonly string[];
    readonly uid: string;
    readonly correlation_uid?: string | undefined;
    readonly event_code: string;
    readonly sequence: number;
    readonly tenant_uid: string;
  };
  readonly unmapped: Unmapped;
}
