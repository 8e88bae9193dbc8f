import { loopbackHosts } from "./loopback-hosts.ts";

/** What sort of redirect URI a client asks for. */
export type RedirectUriKind = "https" | "loopback" | "private-scheme" | "forbidden";

/**
 * Schemes that run code, read files or start parts of the operating system: an authorization code, or worse, would be
 * handed to whatever opens them.
 */
const dangerousScheme =
  /^(?:javascript|data|vbscript|file|filesystem|blob|about|view-source|ftp|sftp|ssh|telnet|ws|wss|mailto|tel|sms|intent|resource|jar|chrome.*|moz-.*|edge|ms-.*|search-ms|search|shell|cmd|powershell|steam):$/;

/**
 * Sorts a redirect URI: https, http on this machine (RFC 8252 section 7.3), an application's own scheme such as
 * `cursor:` (section 7.1), or none of them.
 */
export function redirectUriKind(uri: string): RedirectUriKind {
  // The parser drops tabs and line breaks, and a fragment would swallow the parameters (RFC 6749 section 3.1.2).
  if (uri.length > 2000 || /[\s#\\]/.test(uri) || !URL.canParse(uri)) return "forbidden";
  const url = new URL(uri);
  if (url.username !== "" || url.password !== "") return "forbidden";
  const loopback = loopbackHosts.has(url.hostname);
  switch (url.protocol) {
    case "https:":
      return loopback ? "forbidden" : "https";
    case "http:":
      return loopback ? "loopback" : "forbidden";
    default:
      return dangerousScheme.test(url.protocol) || !/^[a-z][a-z0-9+.-]*:\/{1,2}[^/]/i.test(uri)
        ? "forbidden"
        : "private-scheme";
  }
}
