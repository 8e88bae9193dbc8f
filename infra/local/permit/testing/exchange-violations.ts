import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { apiDescription, operationOf, type Schema } from "./api-description.ts";

/** One answered request of a local Permit. */
export interface Exchange {
  readonly method: string;
  /** The matched route, for example `/v2/projects/:project`. */
  readonly route: string;
  /** The request's body, parsed; undefined without one. */
  readonly request: unknown;
  readonly status: number;
  /** The answer's body as it goes to the wire. */
  readonly body: string;
}

/**
 * Where the description is known to be wrong: the property is required, and Permit has no other way than null to say
 * that there is none.
 */
const requiredAndNull: ReadonlySet<string> = new Set(["email_configuration"]);

/**
 * The schema with null allowed wherever a property may be left out. The description comes from pydantic 1, which
 * writes optional fields without saying that they are null when unset; Permit's own examples answer null there.
 */
function withNulls(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNulls);
  if (typeof schema !== "object" || schema === null) return schema;
  const { properties, ...rest } = schema as { properties?: Record<string, unknown>; required?: readonly string[] };
  const others = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withNulls(value)]));
  if (properties === undefined) return others;
  const nullable = Object.entries(properties).map(([name, value]) => {
    const strict = rest.required?.includes(name) === true && !requiredAndNull.has(name);
    return [name, strict ? withNulls(value) : { anyOf: [withNulls(value), { type: "null" }] }];
  });
  return { ...others, properties: Object.fromEntries(nullable) };
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema({ $id: "permit", components: withNulls(apiDescription.components) });

const validators = new Map<string, ValidateFunction>();

function validatorOf(schema: Schema): ValidateFunction {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"permit#/components');
  const validator = validators.get(text) ?? ajv.compile(JSON.parse(text) as Schema);
  validators.set(text, validator);
  return validator;
}

/** Statuses that any operation may answer without saying so in the description, all in one shape. */
const errorStatuses: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 503]);
const errorSchema: Schema = { $ref: "#/components/schemas/ErrorDetails" };

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemsOf(schema: Schema, value: unknown): readonly string[] {
  const validate = validatorOf(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/**
 * What is wrong with an exchange by Permit's API description; empty when nothing is. Beside wrong answers: a body that
 * was taken and is not one of Permit's, because what relies on it would fail there.
 */
export function violationsOf({ method, route, request, status, body }: Exchange): readonly string[] {
  const answer = `${method} ${route} -> ${status}`;
  const operation = operationOf(method, route);
  if (operation === undefined) return [`${answer}: Permit has no such operation`];
  if (status < 300 && operation.body !== null) {
    const problems = problemsOf(operation.body, request);
    if (problems.length > 0) return problems.map((problem) => `${answer}: taken, although the body ${problem}`);
  }
  // Too large a body is refused by the HTTP server, before it is Permit's.
  if (status === 413) return [];
  const described = operation.responses[status];
  if (status === 204) return described === null && body === "" ? [] : [`${answer}: unexpected, or with a body`];
  const schema = described ?? (errorStatuses.has(status) ? errorSchema : undefined);
  if (schema === undefined) return [`${answer}: a status that Permit does not answer with`];
  return problemsOf(schema, readJson(body)).map((problem) => `${answer}: ${problem}`);
}
