/** Fields that several files have. */
import { z } from "zod";
import { trustLevels } from "../trust.ts";

/** What Permit accepts as the key of anything but a user. */
export const permitKeyForm = /^[A-Za-z0-9\-_]+$/;

export const permitKeyField = z
  .string()
  .regex(permitKeyForm, "Not a Permit key: only A-Z, a-z, 0-9, - and _ are allowed");

/** Text of one line that people read on a page. */
export const line = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax, `Longer than ${lengthMax} characters`)
    .regex(/^\S.*$/, "Empty, begins with a space, or has more than one line");

export const trust = z.enum(trustLevels);

/** From which trust on something beside the tools is open to an agent, or `off`: to none. */
export const openFrom = z.enum([...trustLevels, "off"]);

/** Names of JSON-RPC methods, but for those that the gateway knows the meaning of: no file opens a way around them. */
export const furtherMethod = z
  .string()
  .regex(
    /^(?!(?:initialize|ping)$|(?:tools|resources|prompts|completion|logging|subscriptions|server|notifications|sampling|elicitation|roots)\/)[A-Za-z0-9_.-]{1,60}(?:\/[A-Za-z0-9_.-]{1,60}){0,4}$/,
    "Not the name of a method that can be opened, such as skills/list",
  );

export const wholeNumber = (min: number, max: number) => {
  const error = `Not a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
};

/** At most so many in each window of time. */
export const rate = (what: string) =>
  z.strictObject({
    max: wholeNumber(1, 1_000_000).describe(what),
    windowSeconds: wholeNumber(1, 86_400).describe("Length of the window, in seconds."),
  });

/** How often an agent may call, as a policy says it. */
export type RateLimit = z.infer<ReturnType<typeof rate>>;

/** A URL that is what it looks like: `new URL` drops tabs and line breaks and turns "\" into "/". */
export const webUrl = z
  .string()
  .refine((url) => /^https?:\/\/[^\s\\]+$/.test(url) && URL.canParse(url), {
    error: "Not an http or https URL",
    abort: true,
  })
  .refine((url) => {
    const { username, password } = new URL(url);
    return username === "" && password === "";
  }, "Holds a user name or password, which would be stored and shown in plain text")
  .refine((url) => !url.includes("#"), "Has a fragment, which is never sent to a server");

/** A day as `YYYY-MM-DD` that the calendar has. */
export const day = z
  .string()
  .refine(
    (text) =>
      /^\d{4}-\d{2}-\d{2}$/.test(text) &&
      !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
      new Date(`${text}T00:00:00Z`).toISOString().startsWith(text),
    "Not a day of the form 2026-12-31",
  );

/**
 * Where a secret is, never the secret: the end of a name in AWS Secrets Manager (its characters are those that the
 * service allows in names), on a local host a variable of the environment (`gateway/README.md`, "Secrets").
 */
export const secretName = z.strictObject({
  secret: z
    .string()
    .regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, "Not the name of a secret: A-Z, a-z, 0-9 and / _ + = . @ - are allowed")
    .describe("Name of the secret in the secret store; never the secret itself."),
});

/**
 * A host as a URL's `hostname` has it (lower case, IPv6 in brackets left out), or a range of addresses in CIDR notation.
 * Ranges of a whole continent are mistakes.
 */
export const hostOrRange = z.string().refine((text) => {
  if (z.union([z.cidrv4(), z.cidrv6()]).safeParse(text).success) return Number(text.split("/")[1]) >= 8;
  const host = text.includes(":") ? `[${text}]` : text;
  return URL.canParse(`http://${host}`) && new URL(`http://${host}`).hostname === host;
}, "Not a host name in lower case, and not an address range of at least 8 bits, such as 10.20.0.0/16");

/** Lower case, because domains are compared by text; ASCII, because others would look alike. */
export const domain = z
  .string()
  .regex(
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/,
    "Not a domain in lower case, such as example.com",
  );
