/** The OAuth clients of a host: which may connect, and those that an admin knows beforehand. */
import { z } from "zod";
import { redirectUriKind } from "../redirect-uri-kind.ts";
import { line, secretName } from "./fields.ts";

/** Visible ASCII (RFC 6749 appendix A.1), without spaces, which no client sends. */
const clientId = z.string().regex(/^[\x21-\x7e]{1,300}$/, "Not a client id: visible ASCII without spaces is allowed");

/** True for the id of a client that is known by its metadata document: the https URL of that document. */
export function isMetadataDocumentUrl(id: string): boolean {
  return id.startsWith("https://") && URL.canParse(id);
}

const listedClient = z
  .strictObject({
    id: clientId.describe("Client id; for a client with a metadata document the URL of that document."),
    name: line(80)
      .optional()
      .describe("Name on the consent page. Left out for a client with a metadata document, which says it itself."),
    redirectUris: z
      .array(
        z
          .string()
          .refine(
            (uri) => redirectUriKind(uri) !== "forbidden",
            "Not https, http on localhost, or an application's own scheme",
          )
          .describe("Where the browser may be sent back to: https, http on localhost (any port), or an own scheme."),
      )
      .min(1)
      .max(20)
      .optional()
      .describe("Where codes may be sent. Left out for a client with a metadata document."),
    secret: secretName.optional().describe("Secret of a client that can keep one. Left out: the client is public."),
    tokenEndpointAuthMethod: z
      .enum(["client_secret_basic", "client_secret_post"])
      .optional()
      .describe("How the client sends its secret; `client_secret_basic` when left out."),
  })
  .superRefine((client, context) => {
    const { id, name, redirectUris, secret, tokenEndpointAuthMethod } = client;
    const say = (path: keyof typeof client, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    if (isMetadataDocumentUrl(id)) {
      for (const [field, value] of Object.entries({ name, redirectUris, secret, tokenEndpointAuthMethod })) {
        if (value !== undefined) say(field as keyof typeof client, "The client's metadata document says this");
      }
      return;
    }
    if (name === undefined) say("id", "A client without a metadata document needs a name");
    if (redirectUris === undefined) say("id", "A client without a metadata document needs redirectUris");
    if (tokenEndpointAuthMethod !== undefined && secret === undefined) {
      say("tokenEndpointAuthMethod", "Only a client with a secret has this");
    }
  });

/** The part `clients` of `host.yaml`. */
export const clientsSchema = z.strictObject({
  registration: z
    .boolean()
    .default(true)
    .describe("`true` to let clients register themselves (RFC 7591), as most MCP clients do."),
  metadataDocuments: z
    .boolean()
    .default(true)
    .describe("`true` to let in any client that is known by a metadata document at an https URL."),
  listed: z
    .array(listedClient.describe("One client."))
    .default([])
    .superRefine((clients, context) => {
      for (const [index, { id }] of clients.entries()) {
        if (clients.findIndex((other) => other.id === id) < index) {
          context.addIssue({ code: "custom", path: [index, "id"], message: "Another client of the list has this id" });
        }
      }
    })
    .describe("Clients that may connect whatever the two fields above say."),
  webOrigins: z
    .array(
      z
        .string()
        .refine(
          (text) => text.startsWith("https://") && URL.canParse(text) && new URL(text).origin === text,
          "Not an https origin in lower case and without a path, such as https://inspector.example.com",
        )
        .describe("An origin, such as `https://inspector.example.com`."),
    )
    .max(100)
    .default([])
    .describe(
      "Web pages in which MCP clients run and may call the gateway. Pages of the human's own machine always may.",
    ),
});

/** A client of the list. */
export type ListedClient = z.output<typeof listedClient>;
/** What holds when a host says nothing. */
export const defaultClients = clientsSchema.parse({});
