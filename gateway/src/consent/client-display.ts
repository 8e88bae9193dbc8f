/** A client as a human sees it. */
export interface ClientDisplay {
  readonly id: string;
  readonly name: string;
  /** Host that gets the code; an application's own scheme, such as `cursor:`, where there is no host. */
  readonly redirectHost: string;
}

/**
 * What the consent page says of a client. The name is whatever the client chose, so control and direction-changing
 * characters are taken out: they could rewrite the sentence around it.
 */
export function displayClient(clientId: string, name: string | null | undefined, redirectUri: string): ClientDisplay {
  const printable = (name ?? "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\p{C}+/gu, "")
    .trim()
    .slice(0, 80);
  const url = new URL(redirectUri);
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  return { id: clientId, name: printable === "" ? clientId : printable, redirectHost: isWeb ? url.host : url.protocol };
}
