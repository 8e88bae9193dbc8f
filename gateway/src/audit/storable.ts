const maxTextLength = 512;

/**
 * Text of a client as it can be stored and read: PostgreSQL takes no NUL and no lone surrogate, and other control characters
 * could forge a log line.
 */
export function storable(text: string): string {
  return text
    .slice(0, maxTextLength)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, "\uFFFD");
}
