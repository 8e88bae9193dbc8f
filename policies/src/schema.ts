/**
 * The format of the policy files. Every field has a description: it is the hint of a finding about the field and its
 * row in `policies/README.md`. Unknown fields are refused everywhere: a misspelt one would otherwise be a rule that
 * silently does not hold.
 */
import { z } from "zod";
import { trustLevels } from "./trust.ts";

/** What Permit accepts as the key of anything but a user. */
export const permitKeyForm = /^[A-Za-z0-9\-_]+$/;

const permitKeyField = z.string().regex(permitKeyForm, "Not a Permit key: only A-Z, a-z, 0-9, - and _ are allowed");
const line = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax, `Longer than ${lengthMax} characters`)
    .regex(/^\S.*$/, "Empty, begins with a space, or has more than one line");
const trust = z.enum(trustLevels);

// `new URL` drops tabs and line breaks and turns "\" into "/", so what it parses is not always what a reviewer reads.
const upstreamUrl = z
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

/** `host.yaml` */
export const hostFileSchema = z
  .strictObject({
    name: line(60).describe("Name of the host as people see it on the sign-in and consent pages."),
    permit: z
      .strictObject({
        project: permitKeyField.describe("Key of the Permit project that the host's environment is in."),
        environment: permitKeyField.describe(
          "Key of the Permit environment that is this host. One host, one environment; the pairing never changes.",
        ),
      })
      .describe("Where the host is in Permit."),
    signIn: z
      .strictObject({
        password: z
          .strictObject({
            enabled: z.boolean().default(true).describe("`true` to let humans sign in with e-mail and password."),
          })
          .default({ enabled: true })
          .describe("Sign-in with e-mail and password."),
      })
      .default({ password: { enabled: true } })
      .describe("How humans sign in. At least one method must be on."),
    admins: z
      .array(z.string().describe("E-mail address of an admin."))
      .describe("E-mail addresses of the humans who administer the host. Being an admin grants no server."),
  })
  .describe("The host: its name, its place in Permit, how humans sign in, who administers it.");

/** `grants.yaml` */
export const grantsFileSchema = z
  .strictObject({
    groups: z
      .record(
        z.string(),
        z.array(z.string().describe("E-mail address of a member.")).describe("Members of the group `<name>`."),
      )
      .default({})
      .describe("Groups of humans: name of the group -> e-mail addresses."),
    grants: z
      .array(
        z
          .strictObject({
            server: z.string().describe("Key of the server: the name of its file in `servers`, without `.yaml`."),
            group: z.string().optional().describe("Name of the group that gets the grant. Either this or `human`."),
            human: z.string().optional().describe("E-mail address of the human who gets it. Either this or `group`."),
            ceiling: trust.describe(
              "The highest trust level these humans may give an agent on the server: `low`, `medium` or `high`. " +
                "When several grants reach one human, the highest holds.",
            ),
          })
          .describe("One grant: who, on which server, up to which level."),
      )
      .default([])
      .describe("Who may use which server. Without a grant a human has no access."),
  })
  .describe("Who may use what: groups and ceilings.");

/** `servers/<server>.yaml` */
export const serverFileSchema = z
  .strictObject({
    name: line(60).describe("Name of the server as people see it on the consent page."),
    description: line(300).describe("One sentence for the consent page: what an agent can do there."),
    url: upstreamUrl.describe(
      "Streamable HTTP endpoint of the MCP server: http or https, no credentials, no fragment.",
    ),
    tools: z
      .record(
        z.string(),
        z
          .strictObject({
            trust: trust.describe("What the tool can do: `low` reads, `medium` writes, `high` destroys."),
            enabled: z.boolean().default(true).describe("`false` to refuse the tool to everybody."),
          })
          .describe("The tool `<name>`, exactly as the server's `tools/list` spells it."),
      )
      .describe("The tools that may be called: name -> what the policy says of it. A tool not listed is refused."),
  })
  .describe("One MCP server and the trust of its tools.");

export type HostFile = z.infer<typeof hostFileSchema>;
export type GrantsFile = z.infer<typeof grantsFileSchema>;
export type ServerFile = z.infer<typeof serverFileSchema>;
