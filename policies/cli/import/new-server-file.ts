import { line } from "../../src/schema/fields.ts";
import { type NewTool, quoted, toolLine } from "../../src/server-file-edit.ts";
import { findInvisible } from "../../src/text-invisible.ts";
import type { Credentials } from "./endpoint.ts";
import type { ServerAnswer } from "./read-server.ts";

/** The JSON Schema of server files, as seen from the folder of one. */
export const schemaPath = "../../../schemas/server.schema.json";

/** What a new server file says beside its tools. */
export interface NewServer {
  readonly key: string;
  readonly address:
    | { readonly url: string; readonly sse: boolean }
    /** `variables` of its environment, by name. */
    | { readonly command: string; readonly args: readonly string[]; readonly variables: readonly string[] };
  readonly answer: ServerAnswer;
  readonly auth: Credentials["auth"];
  /** True where the JSON Schemas of this project are where a server file of it refers to them. */
  readonly hasSchema: boolean;
}

/** The text as one line that the format accepts, shortened; undefined when nothing of it is left. */
function asLine(text: string | undefined, lengthMax: number): string | undefined {
  const words = (text ?? "").replaceAll(/\s+/g, " ").trim();
  const short = words.length > lengthMax ? `${words.slice(0, lengthMax - 3).toWellFormed()}...` : words;
  const fits = short.isWellFormed() && findInvisible(short).length === 0 && line(lengthMax).safeParse(short).success;
  return fits ? short : undefined;
}

function addressLines({ address }: NewServer): readonly string[] {
  if ("url" in address) return [`url: ${quoted(address.url)}`, ...(address.sse ? ["transport: sse"] : [])];
  const { command, args, variables } = address;
  return [
    `command: ${quoted(command)}`,
    // As JSON, which is YAML too, so that an argument of several lines is on one.
    ...(args.length === 0 ? [] : [`args: [${args.map((arg) => JSON.stringify(arg)).join(", ")}]`]),
    ...(variables.length === 0
      ? []
      : ["# The secrets' names are those of the variables with which it was imported.", "env:"]),
    ...variables.map((name) => `  ${name}: { secret: ${quoted(name)} }`),
  ];
}

function authLines({ answer, auth }: NewServer): readonly string[] {
  if (answer.signedIn) return ["auth: { type: oauth }"];
  if (auth === undefined) return [];
  const scheme = auth.scheme === undefined ? "" : ` scheme: ${quoted(auth.scheme)},`;
  const value = `{ secret: ${quoted(auth.secret)} }`;
  return [
    "# The secret's name is that of the variable with which it was imported; name it as your secret store does.",
    `auth: { type: header, header: ${quoted(auth.header)},${scheme} value: ${value} }`,
  ];
}

/** The text of a server file. What the server says of itself is in quotes. */
export function newServerFile(server: NewServer, tools: readonly NewTool[]): string {
  const { key, answer } = server;
  const name = asLine(answer.title, 60) ?? asLine(answer.name, 60) ?? key;
  const description = asLine(answer.description, 300) ?? `The tools of ${key}.`;
  const lines = [
    ...(server.hasSchema ? [`# yaml-language-server: $schema=${schemaPath}`] : []),
    "# Written by `npm run policy -- import`. Name and description are the server's own words, and each trust is proposed",
    "# from the tool's name and annotations: correct them before this is merged.",
    `name: ${quoted(name)}`,
    `description: ${quoted(description)}`,
    ...addressLines(server),
    ...authLines(server),
    "",
    ...(tools.length === 0 ? ["tools: {}"] : ["tools:", ...tools.map((tool) => `  ${toolLine(tool)}`)]),
  ];
  return `${lines.join("\n")}\n`;
}
