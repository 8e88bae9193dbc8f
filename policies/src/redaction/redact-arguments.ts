import { isContainer } from "../raw-number.ts";
import { compileJsonPath } from "./json-path.ts";
import { StepSet } from "./step-set.ts";

/** What stands in place of a value that a path matches. */
export const redactedText = "[redacted]";

// By the list itself: the settings of a tool hold one list for as long as they hold. Null: a path is `$`, which is all.
const compiled = new WeakMap<readonly string[], StepSet | null>();

function compile(paths: readonly string[]): StepSet | null {
  const known = compiled.get(paths);
  if (known !== undefined) return known;
  const steps = paths.map(compileJsonPath);
  const first = steps.every((step) => step !== undefined) ? new StepSet(new Set(steps)) : null;
  compiled.set(paths, first);
  return first;
}

function redactedChild(steps: StepSet, child: unknown, key: string | number, length: number): unknown {
  const selecting = steps.selecting(child, key, length);
  if (selecting.some(({ next }) => next === undefined)) return redactedText;
  return isContainer(child) ? redacted(child, steps.below(selecting)) : child;
}

/** The value with what the steps lead to replaced; the same value where they lead to nothing. */
function redacted(value: object, steps: StepSet): object {
  if (steps.isEmpty) return value;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) => redactedChild(steps, item, index, value.length));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  let differs = false;
  const members = Object.entries(value).map(([name, member]: [string, unknown]) => {
    const result = redactedChild(steps, member, name, 0);
    if (result !== member) differs = true;
    return [name, result] as const;
  });
  // Defines each name as a member of its own, `__proto__` too.
  return differs ? Object.fromEntries(members) : value;
}

/**
 * The arguments of a call with every value that one of the JSONPaths matches replaced by "[redacted]". Filters see the
 * arguments as they were sent. `value` is JSON as a reader gives it, numbers that were kept as text among it; it is not
 * changed, and the result shares with it what no path matches. The time is bounded by the number of values times the
 * segments of the paths. Throws JsonPathProblem for a path that `check` refuses, and a RangeError for a value nested
 * thousands deep: without a result nothing of the arguments is to be recorded.
 */
export function redactArguments(value: unknown, paths: readonly string[]): unknown {
  const steps = compile(paths);
  if (steps === null) return redactedText;
  return isContainer(value) ? redacted(value, steps) : value;
}
