/** The schema's source files as they are published. What each says: https://github.com/ocsf/ocsf-schema/tree/main/metaschema */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const folder = join(import.meta.dirname, "schema");
const suffix = ".schema.json";

/** An attribute as the dictionary, a class, an object or a profile has it; each adds to the one before. */
export interface Attribute {
  readonly type: string;
  readonly is_array?: boolean;
  readonly requirement?: "required" | "recommended" | "optional";
  /** The values that it may have, as text. */
  readonly enum?: Readonly<Record<string, unknown>>;
  /** The profile that it is there with. Null: always there. */
  readonly profile?: string | null;
  readonly "@deprecated"?: unknown;
}

/** Which attributes there must be at least one of, or just one. */
export type Constraints = Readonly<Partial<Record<"at_least_one" | "just_one", readonly string[]>>>;

/** A class, object or profile. `$include` among its attributes is a list of files. */
export interface Definition {
  readonly name: string;
  readonly uid?: number;
  readonly extends?: string;
  readonly category?: string;
  readonly profiles?: readonly string[];
  readonly constraints?: Constraints;
  readonly attributes: Readonly<Record<string, Partial<Attribute> | readonly string[]>>;
}

/** A data type: of what it is made, and what is allowed of that. */
export interface DataType {
  readonly type?: string;
  readonly regex?: string;
  readonly max_len?: number;
  readonly range?: readonly [number, number];
  readonly values?: readonly unknown[];
}

interface Dictionary {
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly types: { readonly attributes: Readonly<Record<string, DataType>> };
}

function readSchemaFile<T>(path: string): T {
  return JSON.parse(readFileSync(join(folder, path + suffix), "utf8")) as T;
}

export const dictionary = readSchemaFile<Dictionary>("dictionary");
export const schemaVersion = readSchemaFile<{ readonly version: string }>("version").version;
export const categories = readSchemaFile<{ readonly attributes: Readonly<Record<string, { readonly uid: number }>> }>(
  "categories",
).attributes;

const classPaths = new Map(
  readdirSync(join(folder, "events"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(suffix))
    .map((path) => [basename(path, suffix), join("events", path.slice(0, -suffix.length))]),
);

/** The names of the files of classes. */
export const classFiles: readonly string[] = [...classPaths.keys()];

/** A class by the name of its file. Throws when the file is not among those of this folder. */
export function classFile(name: string): Definition {
  return readSchemaFile(classPaths.get(name) ?? `events/${name}`);
}

/** An object by its name. Throws when its file is not among those of this folder. */
export function objectFile(name: string): Definition {
  return readSchemaFile(`objects/${name}`);
}

/** What `$include` names, `profiles/trace.json` for example. Throws when it is not among the files of this folder. */
export function includedFile(path: string): Definition {
  return readSchemaFile(path.replace(/\.json$/, ""));
}
