/** Says what is wrong with an event by the schema's own files. */
import { isDataType, isOfType } from "./data-types.ts";
import { eventClasses, objectShape, type Shape } from "./resolve-schema.ts";
import { type Attribute, schemaVersion } from "./schema-files.ts";

type Members = Readonly<Record<string, unknown>>;

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object whose members the schema leaves to who writes it, such as `unmapped`. */
const openObject = "object";

/** What is wrong with one value of an attribute that is there. */
function* checkValue(
  path: string,
  { type = "", enum: allowed }: Partial<Attribute>,
  value: unknown,
  profiles: readonly string[],
): Generator<string> {
  if (isDataType(type)) {
    if (!isOfType(type, value)) yield `${path}: not of type ${type}`;
    else if (allowed !== undefined && !Object.hasOwn(allowed, String(value))) yield `${path}: not in the enum`;
  } else if (!isMembers(value)) yield `${path}: not an object`;
  else if (type !== openObject) yield* checkMembers(path, objectShape(type), value, profiles);
}

function* checkAttribute(
  path: string,
  attribute: Partial<Attribute>,
  value: unknown,
  profiles: readonly string[],
): Generator<string> {
  if (attribute["@deprecated"] !== undefined) yield `${path}: deprecated`;
  if (attribute.is_array !== true) return yield* checkValue(path, attribute, value, profiles);
  if (!Array.isArray(value)) return yield `${path}: not an array`;
  for (const [index, each] of value.entries()) yield* checkValue(`${path}[${index}]`, attribute, each, profiles);
}

function* checkMembers(
  path: string,
  { attributes, constraints }: Shape,
  members: Members,
  profiles: readonly string[],
): Generator<string> {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  for (const [name, value] of Object.entries(members)) {
    const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (attribute === undefined) yield `${at(name)}: unknown attribute`;
    else if (typeof attribute.profile === "string" && !profiles.includes(attribute.profile))
      yield `${at(name)}: of the profile ${attribute.profile}, which the event has not`;
    else yield* checkAttribute(at(name), attribute, value, profiles);
  }
  for (const [name, { requirement, profile }] of Object.entries(attributes)) {
    const applies = typeof profile !== "string" || profiles.includes(profile);
    if (requirement === "required" && applies && !Object.hasOwn(members, name)) yield `${at(name)}: required, missing`;
  }
  const has = (names: readonly string[]) => names.filter((name) => Object.hasOwn(members, name)).length;
  const { at_least_one: some, just_one: one } = constraints;
  if (some !== undefined && has(some) === 0) yield `${path}: has none of ${some.join(", ")}`;
  if (one !== undefined && has(one) !== 1) yield `${path}: has not just one of ${one.join(", ")}`;
}

/** `metadata.profiles`, as far as it is a list. */
function profilesOf({ metadata }: Members): readonly string[] {
  const profiles = isMembers(metadata) ? metadata.profiles : undefined;
  return Array.isArray(profiles) ? profiles : [];
}

/**
 * Everything that the schema does not allow of an event that was parsed from JSON, one sentence each; empty when it is
 * valid. The attributes `*_dt`, which the profile `datetime` makes of timestamps, are unknown to it. Throws when the file
 * of an object that the event has is not among the schema's files here.
 */
export function validate(event: unknown): readonly string[] {
  if (!isMembers(event)) return ["not an object"];
  const eventClass = eventClasses.get(Number(event.class_uid));
  if (eventClass === undefined) return ["class_uid: of no class whose file is here"];
  const profiles = profilesOf(event);
  const found = [...checkMembers("", eventClass, event, profiles)];
  for (const profile of profiles)
    if (!eventClass.profiles.includes(profile)) found.push(`metadata.profiles: the class has no profile ${profile}`);
  if (event.type_uid !== Number(event.class_uid) * 100 + Number(event.activity_id))
    found.push("type_uid: not class_uid * 100 + activity_id");
  if (isMembers(event.metadata) && event.metadata.version !== schemaVersion)
    found.push(`metadata.version: the schema is ${schemaVersion}`);
  return found;
}
