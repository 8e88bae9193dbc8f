/**
 * JSONPath (RFC 9535) for what is to be redacted. The library reads the paths; what they select is computed here, step
 * by step, so that the time is bounded by the size of the value and of the paths (`policies/DECISIONS.md`).
 */
import { JSONPathEnvironment, JSONPathError, type JSONPathQuery, jsonpath, TokenKind } from "json-p3";
import { compileFilter } from "./filter.ts";
import { JsonPathProblem } from "./json-path-problem.ts";

/** Whether the step selects a child, by its name or index, of a list by its length too. */
export type Selects = (child: unknown, key: string | number, length: number) => boolean;

/** One segment of a path. */
export interface Step {
  /** True when it selects among the children of everything below, too (`..`). */
  readonly descends: boolean;
  readonly selects: Selects;
  /** The names that it selects, where it selects by names alone. */
  readonly names: readonly string[] | undefined;
  /** Undefined: what it selects is what the path matches. */
  readonly next: Step | undefined;
}

/** Each segment, and each `..`, costs time at every value that a path reaches. */
export const segmentsMax = 16;

const environment = new JSONPathEnvironment({ strict: true });
const { FilterSelector, IndexSelector, NameSelector, SliceSelector, WildcardSelector } = jsonpath.selectors;

/** The indexes of a slice, by RFC 9535, section 2.3.4.2.2. */
function inSlice(
  index: number,
  length: number,
  { start, stop, step = 1 }: InstanceType<typeof SliceSelector>,
): boolean {
  const at = (bound: number) => (bound < 0 ? bound + length : bound);
  const within = (bound: number, least: number, most: number) => Math.min(Math.max(bound, least), most);
  if (step === 0) return false;
  if (step > 0) {
    const from = within(at(start ?? 0), 0, length);
    return index >= from && index < within(at(stop ?? length), 0, length) && (index - from) % step === 0;
  }
  const from = within(start === undefined ? length - 1 : at(start), -1, length - 1);
  const to = stop === undefined ? -1 : within(at(stop), -1, length - 1);
  return index <= from && index > to && (from - index) % -step === 0;
}

function compileSelector(selector: jsonpath.JSONPathSelector): Selects {
  if (selector instanceof NameSelector) return (_, key) => key === selector.name;
  if (selector instanceof WildcardSelector) return () => true;
  if (selector instanceof IndexSelector) {
    const { index } = selector;
    return (_, key, length) => key === (index < 0 ? index + length : index);
  }
  if (selector instanceof SliceSelector) {
    return (_, key, length) => typeof key === "number" && inSlice(key, length, selector);
  }
  if (selector instanceof FilterSelector) return compileFilter(selector.expression);
  throw new JsonPathProblem("has a selector that RFC 9535 does not have");
}

const isDescendant = ({ token }: jsonpath.JSONPathSegment) => token.kind === TokenKind.DDOT;

function compileSegment(segment: jsonpath.JSONPathSegment, next: Step | undefined): Step {
  const selectors = segment.selectors.map(compileSelector);
  const [first] = selectors;
  const selects: Selects =
    first !== undefined && selectors.length === 1
      ? first
      : (child, key, length) => selectors.some((selector) => selector(child, key, length));
  const names = segment.selectors.flatMap((selector) => (selector instanceof NameSelector ? [selector.name] : []));
  const byNames = names.length === selectors.length ? { names } : { names: undefined };
  return { descends: isDescendant(segment), selects, ...byNames, next };
}

function parse(path: string): JSONPathQuery {
  try {
    return environment.compile(path);
  } catch (error) {
    if (!(error instanceof JSONPathError)) throw error;
    // The library quotes the path behind what it says, and the finding has it anyway.
    const said = error.message.replace(/ \('[\s\S]*$/, "");
    throw new JsonPathProblem(`is not a JSONPath (RFC 9535): ${said}, at character ${error.token.index + 1}`);
  }
}

/** The first step of a path; undefined: the path is `$`, which is all. Throws JsonPathProblem. */
export function compileJsonPath(path: string): Step | undefined {
  if (!path.startsWith("$")) throw new JsonPathProblem('is not a JSONPath (RFC 9535): it does not begin with "$"');
  const { segments } = parse(path);
  if (segments.length > segmentsMax) throw new JsonPathProblem(`has more than ${segmentsMax} segments`);
  if (segments.filter(isDescendant).length > 1) throw new JsonPathProblem('has ".." more than once');
  return segments.reduceRight<Step | undefined>((next, segment) => compileSegment(segment, next), undefined);
}

/** What is wrong with a path, without its subject and full stop; undefined: it can be used. */
export function jsonPathProblem(path: string): string | undefined {
  try {
    compileJsonPath(path);
    return undefined;
  } catch (error) {
    if (error instanceof JsonPathProblem) return error.message;
    throw error;
  }
}
