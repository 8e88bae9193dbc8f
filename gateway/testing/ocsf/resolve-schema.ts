/** Classes and objects as they are once everything that they extend and include is in them. */
import {
  type Attribute,
  type Constraints,
  categories,
  classFile,
  classFiles,
  type Definition,
  dictionary,
  includedFile,
  objectFile,
} from "./schema-files.ts";

/** A class or an object with all of its attributes. */
export interface Shape {
  readonly category?: string | undefined;
  readonly attributes: Readonly<Record<string, Partial<Attribute>>>;
  readonly constraints: Constraints;
  /** The profiles that may add to it. */
  readonly profiles: readonly string[];
}

/** A class of events. */
export interface EventClass extends Shape {
  readonly categoryUid: number;
}

const nothing: Shape = { attributes: {}, constraints: {}, profiles: [] };

/** `more` on top of `attribute`. An enum adds to the enum before, as `activity_id` of a class to that of every class. */
function refine(attribute: Partial<Attribute>, more: Partial<Attribute>): Partial<Attribute> {
  if (attribute.enum === undefined || more.enum === undefined) return { ...attribute, ...more };
  return { ...attribute, ...more, enum: { ...attribute.enum, ...more.enum } };
}

function refineAll(shape: Shape["attributes"], more: Definition["attributes"], profile?: string): Shape["attributes"] {
  const all: Record<string, Partial<Attribute>> = { ...shape };
  for (const [name, attribute] of Object.entries(more)) {
    if (isFileList(attribute)) continue;
    const { [name]: base = dictionary.attributes[name] } = all;
    if (base === undefined) throw new Error(`The dictionary of OCSF has no attribute "${name}".`);
    all[name] = refine(base, profile === undefined ? attribute : { ...attribute, profile });
  }
  return all;
}

function isFileList(attribute: Partial<Attribute> | readonly string[]): attribute is readonly string[] {
  return Array.isArray(attribute);
}

function resolve(definition: Definition, parentOf: (name: string) => Shape): Shape {
  const parent = definition.extends === undefined ? nothing : parentOf(definition.extends);
  const { $include = [], ...own } = definition.attributes;
  let { attributes } = parent;
  for (const path of isFileList($include) ? $include : []) {
    const profile = includedFile(path);
    attributes = refineAll(attributes, profile.attributes, profile.name);
  }
  return {
    category: definition.category ?? parent.category,
    attributes: refineAll(attributes, own),
    constraints: definition.constraints ?? parent.constraints,
    profiles: [...parent.profiles, ...(definition.profiles ?? [])],
  };
}

const objects = new Map<string, Shape>();

/** An object by its name. Throws when its file is not among the schema's files here. */
export function objectShape(name: string): Shape {
  const known = objects.get(name) ?? resolve(objectFile(name), objectShape);
  objects.set(name, known);
  return known;
}

const classShape = (name: string): Shape => resolve(classFile(name), classShape);

const keysOf = (...uids: readonly number[]) => Object.fromEntries(uids.map((uid) => [uid, {}]));

/** A class, whose ids are made of its own, its category's and its activities'. */
function eventClass(name: string): readonly [number, EventClass] | undefined {
  const { uid } = classFile(name);
  const shape = classShape(name);
  const categoryUid = categories[shape.category ?? ""]?.uid;
  if (uid === undefined || categoryUid === undefined) return undefined;
  const classUid = categoryUid * 1000 + uid;
  const typeUids = Object.keys(shape.attributes.activity_id?.enum ?? {}).map((id) => classUid * 100 + Number(id));
  const attributes = {
    ...shape.attributes,
    category_uid: { ...shape.attributes.category_uid, enum: keysOf(categoryUid) },
    class_uid: { ...shape.attributes.class_uid, enum: keysOf(classUid) },
    type_uid: { ...shape.attributes.type_uid, enum: keysOf(...typeUids) },
  };
  return [classUid, { ...shape, attributes, categoryUid }];
}

/** The classes whose files are here, by `class_uid`. */
export const eventClasses: ReadonlyMap<number, EventClass> = new Map(
  classFiles.map(eventClass).filter((found) => found !== undefined),
);
