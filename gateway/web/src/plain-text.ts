/**
 * Text from outside made safe to read: no control, bidirectional or invisible characters, which would let a client's
 * name reverse or hide the words around it; white space collapsed; at most `charactersMax` characters.
 */
export function plainText(value: string, charactersMax: number): string {
  const visible = value.replaceAll(/\s+/gu, " ").replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, "");
  const characters = Array.from(visible.trim());
  return characters.length <= charactersMax
    ? characters.join("")
    : `${characters.slice(0, charactersMax - 1).join("")}…`;
}

/** The name a client gives itself. */
export function clientNameOf(client: { readonly name: string }): string {
  return plainText(client.name, 60) || "A client without a name";
}
