/**
 * Filters of JSONPath (RFC 9535, section 2.3.5) that cost no more than their own length, whatever the value: they look
 * at single values below the one that they are asked about, and compare them with what the path itself says.
 */
import { jsonpath, TokenKind } from "json-p3";
import { isContainer, rawNumberText } from "../raw-number.ts";
import { JsonPathProblem } from "./json-path-problem.ts";

type Predicate = (value: unknown) => boolean;
/** Undefined is the RFC's Nothing: there is no such value. */
type Operand = (value: unknown) => unknown;

const { FilterExpressionLiteral, FunctionExtension, InfixExpression, LogicalExpression, PrefixExpression } =
  jsonpath.expressions;
const { NullLiteral, RelativeQuery, RootQuery } = jsonpath.expressions;
const { IndexSelector, NameSelector } = jsonpath.selectors;

function member(value: unknown, key: string | number): unknown {
  if (!isContainer(value)) return undefined;
  if (typeof key === "number") return Array.isArray(value) ? value.at(key) : undefined;
  return !Array.isArray(value) && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/** Of a query that leads to one value at most (section 2.3.5.1, singular queries). */
function compileQuery({ path }: InstanceType<typeof RelativeQuery>): Operand {
  const keys = path.segments.map(({ token, selectors }) => {
    const [selector] = selectors;
    if (token.kind !== TokenKind.DDOT && selectors.length === 1) {
      if (selector instanceof NameSelector) return selector.name;
      if (selector instanceof IndexSelector) return selector.index;
    }
    throw new JsonPathProblem("has a filter that looks for more than one value: only names and indexes lead to one");
  });
  return (value) => keys.reduce(member, value);
}

function compileOperand(expression: jsonpath.expressions.FilterExpression): Operand {
  if (expression instanceof RelativeQuery) return compileQuery(expression);
  if (expression instanceof NullLiteral) return () => null;
  if (expression instanceof FilterExpressionLiteral) {
    const { value } = expression as jsonpath.expressions.BooleanLiteral;
    return () => value;
  }
  return refuse(expression);
}

function refuse(expression: jsonpath.expressions.FilterExpression): never {
  if (expression instanceof FunctionExtension) {
    throw new JsonPathProblem(`has the function ${expression.name}(): functions run on what an agent sends`);
  }
  if (expression instanceof RootQuery) throw new JsonPathProblem('has a filter that looks at "$": only "@" is allowed');
  throw new JsonPathProblem("has a filter that can't be used");
}

/** A number of JSON as a double, kept as text or not. */
function asNumber(value: unknown): unknown {
  const text = rawNumberText(value);
  return text === undefined ? value : Number(text);
}

/** By Unicode scalar values, as section 2.3.5.2.2 asks for, which is the order of the bytes in UTF-8. */
const textBefore = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

function isBefore(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") return a < b;
  return typeof a === "string" && typeof b === "string" && textBefore(a, b);
}

// One side is a literal, so equal values are equal primitives.
const comparisons: Readonly<Record<string, (a: unknown, b: unknown) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": isBefore,
  ">": (a, b) => isBefore(b, a),
  "<=": (a, b) => a === b || isBefore(a, b),
  ">=": (a, b) => a === b || isBefore(b, a),
};

function compileInfix({ left, operator, right }: InstanceType<typeof InfixExpression>): Predicate {
  if (operator === "&&" || operator === "||") {
    const [first, second] = [compileFilter(left), compileFilter(right)];
    return operator === "&&" ? (value) => first(value) && second(value) : (value) => first(value) || second(value);
  }
  const compare = Object.hasOwn(comparisons, operator) ? comparisons[operator] : undefined;
  if (compare === undefined) throw new JsonPathProblem(`has the operator ${operator}, which RFC 9535 does not have`);
  const [first, second] = [compileOperand(left), compileOperand(right)];
  if (![left, right].some((side) => side instanceof FilterExpressionLiteral)) {
    throw new JsonPathProblem("has a filter that compares two values of the arguments: one side must be a literal");
  }
  return (value) => compare(asNumber(first(value)), asNumber(second(value)));
}

/** Whether a value passes the filter. Throws JsonPathProblem for one whose cost would depend on the value. */
export function compileFilter(expression: jsonpath.expressions.FilterExpression): Predicate {
  if (expression instanceof LogicalExpression) return compileFilter(expression.expression);
  if (expression instanceof InfixExpression) return compileInfix(expression);
  if (expression instanceof PrefixExpression) {
    const negated = compileFilter(expression.right);
    return (value) => !negated(value);
  }
  if (expression instanceof RelativeQuery) {
    const query = compileQuery(expression);
    return (value) => query(value) !== undefined;
  }
  return refuse(expression);
}
