// The HTML standard's form of an e-mail address (https://html.spec.whatwg.org/#valid-e-mail-address), a dot in the
// domain required. ASCII only: a Cyrillic "а" would make a second human who looks like the first.
const emailForm =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/;

/** Longest address that mail can be sent to, in characters (RFC 5321 4.5.3.1.3 without the angle brackets). */
const emailLengthMax = 254;

/** True for an ASCII e-mail address. */
export function isEmail(text: string): boolean {
  return text.length <= emailLengthMax && emailForm.test(text);
}

/**
 * The form in which e-mail addresses are compared: A-Z in lower case, nothing else changed. Unicode lower case would
 * map look-alikes onto ASCII letters (U+212A KELVIN SIGN becomes "k") and so one human onto another.
 */
export function canonicalEmail(email: string): string {
  // Most are in that form, and this is asked of hundreds of thousands.
  return /[A-Z]/.test(email) ? email.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()) : email;
}
