import type { Attributes } from "../../state/rows.ts";
import { type AttributeScope, type Spend, valueAt } from "./attributes.ts";
import { type Comparison, operators } from "./operators.ts";

/** What a condition is tested on. */
export interface ConditionInput {
  readonly attributes: AttributeScope;
  /** Stored attributes of another instance, for foreign keys; undefined when the query may not see one. */
  stored(type: string, key: string): Attributes | undefined;
  /** Throws once the conditions of this decision have looked at too much. */
  readonly spend: Spend;
}

/** A condition that is ready to be tested. */
export type Condition = (input: ConditionInput) => boolean;

/** A test of one value; `undefined` stands for an attribute that is not there. */
type Test = (value: unknown, input: ConditionInput) => boolean;

/** A condition that can't be understood: where (below `conditions`) and why. */
export class ConditionError extends Error {
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.path = path;
  }
}

type Path = readonly (string | number)[];

/** More would make a single decision slow, and whoever writes conditions is not whoever waits for decisions. */
const testsMax = 1_000;

const scopes: ReadonlyMap<string, keyof AttributeScope> = new Map([
  ["user", "user"],
  ["subject", "user"],
  ["resource", "resource"],
  ["tenant", "tenant"],
  ["context", "context"],
  ["environment", "context"],
] as const);

/** Whether several conditions or tests hold together, `holds` testing the one at an index. */
type Combine = (count: number, holds: (index: number) => boolean) => boolean;

const all: Combine = (count, holds) => {
  for (let index = 0; index < count; index += 1) if (!holds(index)) return false;
  return true;
};
const any: Combine = (count, holds) => !all(count, (index) => !holds(index));

/** `not` of several means none of them: the narrower reading. */
const logic: ReadonlyMap<string, Combine> = new Map<string, Combine>([
  ["allOf", all],
  ["and", all],
  ["anyOf", any],
  ["or", any],
  ["not", (count, holds) => !any(count, holds)],
]);

/**
 * Reads a condition: `{"allOf": [{"user.location": {"in": ["US"]}}]}`. Several keys of one map must all hold; `{}` holds
 * always. An attribute that is missing fails every comparison, also `not-equals`. Throws ConditionError.
 */
export function compileCondition(conditions: Attributes): Condition {
  return new Compiler().condition(conditions, []);
}

class Compiler {
  #tests = 0;

  condition(conditions: unknown, path: Path): Condition {
    const parts = entriesOf(conditions, path, "a condition").map(([key, written]): Condition => {
      const at = [...path, key];
      const combine = logic.get(key);
      if (combine !== undefined) {
        const inner = this.#list(key, written, at).map(([each, place]) => this.condition(each, place));
        return (input) => combine(inner.length, (index) => inner[index]?.(input) === true);
      }
      const read = attribute(key, at);
      const test = this.#test(written, at);
      return (input) => test(read(input), input);
    });
    return (input) => parts.every((part) => part(input));
  }

  #test(tests: unknown, path: Path): Test {
    const parts = entriesOf(tests, path, "a comparison").map(([key, written]): Test => {
      const at = [...path, key];
      const combine = logic.get(key);
      if (combine !== undefined) {
        const inner = this.#list(key, written, at).map(([each, place]) => this.#test(each, place));
        return (value, input) => combine(inner.length, (index) => inner[index]?.(value, input) === true);
      }
      this.#tests += 1;
      if (this.#tests > testsMax) throw new ConditionError(path, `more than ${testsMax} comparisons in one condition`);
      if (key.endsWith("_match")) return this.#match(key, written, at);
      return comparison(key, written, at);
    });
    if (parts.length === 0) throw new ConditionError(path, "a comparison needs an operator");
    return (value, input) => parts.every((part) => part(value, input));
  }

  #list(key: string, value: unknown, path: Path): readonly (readonly [unknown, Path])[] {
    if (Array.isArray(value)) return value.map((each, index) => [each, [...path, index]] as const);
    if (key === "not") return [[value, path]];
    throw new ConditionError(path, `'${key}' takes a list`);
  }

  /** `object_match`, `any_match`, `all_match`: tests of the fields of an object, or of each object of a list. */
  #match(operator: string, value: unknown, path: Path): Test {
    const { match, fk_resource_type: type, ...rest } = Object.fromEntries(entriesOf(value, path, "a match"));
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined)
      throw new ConditionError([...path, unknown], "a match has 'match' and 'fk_resource_type'");
    if (type !== undefined && typeof type !== "string") {
      throw new ConditionError([...path, "fk_resource_type"], "must be the key of a resource type");
    }
    const fields = entriesOf(match, [...path, "match"], "a match").map(
      ([key, tests]) => [key.split("."), this.#test(tests, [...path, "match", key])] as const,
    );
    const fits: Test = (item, input) => {
      input.spend(1);
      const object = type === undefined ? item : typeof item === "string" ? input.stored(type, item) : undefined;
      if (typeof object !== "object" || object === null) return false;
      return fields.every(([field, test]) => test(valueAt(object, field), input));
    };
    switch (operator) {
      case "object_match":
        return fits;
      case "any_match":
        return (value, input) => Array.isArray(value) && value.some((item) => fits(item, input));
      case "all_match":
        return (value, input) => Array.isArray(value) && value.every((item) => fits(item, input));
      default:
        throw unknownOperator(operator, path);
    }
  }
}

function entriesOf(value: unknown, path: Path, what: string): readonly [string, unknown][] {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw new ConditionError(path, `${what} must be a map`);
}

function attribute(name: string, path: Path): (input: ConditionInput) => unknown {
  const [scope = "", ...keys] = name.split(".");
  const from = scopes.get(scope);
  if (from === undefined || keys.length === 0 || keys.includes("")) {
    throw new ConditionError(path, `'${name}' is neither a logical operator nor an attribute such as 'user.location'`);
  }
  return ({ attributes }) => valueAt(attributes[from], keys);
}

function comparison(name: string, value: unknown, path: Path): Test {
  const operator = operators.get(name);
  if (operator === undefined) throw unknownOperator(name, path);
  const { holds, valueIs, expected } = operator;
  const referred = reference(value, path);
  if (referred !== undefined) return (attribute, input) => compare(holds, attribute, referred(input), input.spend);
  if (!valueIs(value)) throw new ConditionError(path, `the value of '${name}' must be ${expected} or a 'ref'`);
  return (attribute, input) => compare(holds, attribute, value, input.spend);
}

function compare(holds: Comparison, attribute: unknown, value: unknown, spend: Spend): boolean {
  spend(1);
  return attribute !== undefined && value !== undefined && holds(attribute, value, spend);
}

/** `{"ref": "user.email"}` as a value stands for that attribute. */
function reference(value: unknown, path: Path): ((input: ConditionInput) => unknown) | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "ref")) return undefined;
  const { ref } = value as { readonly ref: unknown };
  if (typeof ref !== "string" || Object.keys(value).length > 1) {
    throw new ConditionError(path, `a reference is {"ref": "user.email"} and nothing else`);
  }
  return attribute(ref, [...path, "ref"]);
}

function unknownOperator(name: string, path: Path): ConditionError {
  const known = [...logic.keys(), ...operators.keys(), "object_match", "any_match", "all_match"];
  return new ConditionError(path, `unknown operator '${name}'; known operators: ${known.join(", ")}`);
}
