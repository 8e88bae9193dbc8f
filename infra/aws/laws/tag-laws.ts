import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { untaggable } from "../tags.ts";
import type { Law } from "./law.ts";

const { resolve } = createRequire(import.meta.url);

/** Whether AWS keeps tags for a type: what the AWS package itself would send. */
function hasTags(type: string): boolean {
  const [, file] = type.split(":");
  return readFileSync(resolve(`@pulumi/aws/${file}.js`), "utf8").includes('resourceInputs["tags"] = args?.tags');
}

/** Everything is tagged with its host and its stack. */
export const tagged: Law = ({ all, host, stack }) =>
  all
    .filter(({ type }) => type.startsWith("aws:"))
    .flatMap(({ type, name, inputs }) => {
      const tags = inputs.tags as Record<string, unknown> | undefined;
      if (!hasTags(type)) {
        return untaggable.has(type) && tags === undefined ? [] : [`${name}: add ${type} to what has no tags`];
      }
      return tags?.host === host && tags.stack === stack && tags.Name === name
        ? []
        : [`${name} (${type}) is not tagged`];
    });
