/**
 * Id of the result of a decision: its id as a UUID of version 8 (RFC 9562 section 5.8). So a decision has one result by the
 * key of the table alone, whoever writes it.
 */
export function resultId(decisionId: string): string {
  return `${decisionId.slice(0, 14)}8${decisionId.slice(15)}`;
}
