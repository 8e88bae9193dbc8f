/** First revision in which the protocol headers are required and there are no sessions. */
const firstStateless = "2026-07-28";
const datedVersion = /^\d{4}-\d{2}-\d{2}$/;

/** True for a revision without sessions. What is no date is none of those with sessions, so the stricter rules hold. */
export function isStateless(version: unknown): boolean {
  return typeof version === "string" && (!datedVersion.test(version) || version >= firstStateless);
}
