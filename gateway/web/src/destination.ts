/** Where the browser may be sent to after sign-in and consent. */

/** Schemes that would run or show something inside a browser page instead of leaving for the client. */
const refusedSchemes = new Set([
  "javascript:",
  "data:",
  "blob:",
  "vbscript:",
  "about:",
  "file:",
  "filesystem:",
  "view-source:",
]);

/**
 * The address to go to, absolute, or undefined when it must not be followed. A redirect URI comes from a client's
 * registration, so `javascript:` in one would run as these pages; native clients do use schemes of their own
 * (RFC 8252 section 7.1), so the list names what is refused.
 */
export function destinationOf(target: string): string | undefined {
  const url = URL.parse(target, window.location.origin);
  if (url === null || refusedSchemes.has(url.protocol)) return undefined;
  return url.href;
}

/** True when following `address` replaces this page; false when another program opens and this page stays. */
export function replacesPage(address: string): boolean {
  return address.startsWith("https:") || address.startsWith("http:");
}
