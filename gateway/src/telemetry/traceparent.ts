/** `traceparent` and `tracestate` (W3C Trace Context, level 2), read strictly: what is not valid is as if it was not sent. Pure. */

/** The caller's span. */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** Bit 0: sampled. Bit 1: the trace id is random. */
  readonly flags: number;
}

const traceparentLength = 55;
/** A later version may add fields; so much of them is looked at. */
const traceparentLengthMax = 512;
const traceparentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/;
const knownFlags = 0b11;

/** Reads `traceparent`; undefined when it is not valid (sections 3.2.2 and 4.3). */
export function readTraceparent(text: unknown): TraceParent | undefined {
  if (typeof text !== "string" || text.length > traceparentLengthMax) return undefined;
  const [, version, traceId = "", spanId = "", flags = ""] = traceparentForm.exec(text) ?? [];
  if (version === undefined || version === "ff" || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  // Version 00 has four fields and no more; a later one ends there or goes on with a further field.
  const isWhole = text.length === traceparentLength || (version !== "00" && text[traceparentLength] === "-");
  return isWhole ? { traceId, spanId, flags: Number.parseInt(flags, 16) & knownFlags } : undefined;
}

/** Writes `traceparent` in version 00, whichever version it was read in. */
export function writeTraceparent({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${(flags & knownFlags).toString(16).padStart(2, "0")}`;
}

const membersMax = 32;
/** What every participant has to pass on (section 3.3.1.5). */
const tracestateLengthMax = 512;
/** More than this is not even taken apart. */
const tracestateReadMax = 8192;
const memberKey = /^[a-z0-9][a-z0-9_\-*/]{0,255}$|^[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13}$/;
// Printable ASCII without comma and equals sign, and no space at the end.
const memberValue = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * Reads `tracestate` and writes it without optional space, at most 512 characters: members at its end go first, as those
 * are the oldest. Undefined when any member is not valid, comes twice, or there are more than 32.
 */
export function readTracestate(text: unknown): string | undefined {
  if (typeof text !== "string" || text.length > tracestateReadMax) return undefined;
  const members = text
    .split(",")
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  const keys = new Set<string>();
  for (const member of members) {
    const at = member.indexOf("=");
    const key = member.slice(0, Math.max(at, 0));
    if (!memberKey.test(key) || keys.has(key) || !memberValue.test(member.slice(at + 1))) return undefined;
    keys.add(key);
  }
  if (members.length === 0 || members.length > membersMax) return undefined;
  while (members.join(",").length > tracestateLengthMax) members.pop();
  return members.length === 0 ? undefined : members.join(",");
}
