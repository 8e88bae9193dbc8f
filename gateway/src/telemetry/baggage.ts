/** `baggage` (W3C Baggage), read strictly. Pure. */

/** Limits of the specification, section 3.3.2: what every participant has to pass on is the most that is passed on here. */
const baggageBytesMax = 8192;
const membersMax = 64;

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const value = "[\\x21\\x23-\\x2b\\x2d-\\x3a\\x3c-\\x5b\\x5d-\\x7e]*";
const space = "[ \\t]*";
const member = new RegExp(
  `^${space}${token}${space}=${space}${value}(?:${space};${space}${token}(?:${space}=${space}${value})?)*${space}$`,
);

/**
 * The baggage as it came when it is valid, else undefined: too long, more than 64 members, or with anything else than the
 * characters of the specification. So it has no control character and no line break, and can be a header as it is.
 */
export function readBaggage(text: unknown): string | undefined {
  if (typeof text !== "string" || text === "" || text.length > baggageBytesMax) return undefined;
  const members = text.split(",");
  return members.length <= membersMax && members.every((each) => member.test(each)) ? text : undefined;
}
