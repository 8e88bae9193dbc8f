import { expect, test } from "vitest";
import { grantsFileSchema } from "./schema/grants-file.ts";
import { hostFileSchema } from "./schema/host-file.ts";
import { serverFileSchema } from "./schema/server-file.ts";
import { describeField, fieldNames } from "./schema-fields.ts";

test("describes the field at a path, or the nearest one above it", () => {
  expect(describeField(serverFileSchema, ["tools", "any", "trust"])).toMatch(/^What the tool can do/);
  expect(describeField(grantsFileSchema, ["grants", 7, "human"])).toMatch(/^E-mail address of the human/);
  expect(describeField(grantsFileSchema, ["grants", 7, "nothing", "below"])).toBe(
    "One grant: who, on which server, up to which level.",
  );
});

test("does not take what every JavaScript object has for a field", () => {
  const ofTheFile = describeField(hostFileSchema, []);
  expect(describeField(hostFileSchema, ["constructor"])).toBe(ofTheFile);
  expect(fieldNames(hostFileSchema, ["constructor"])).toEqual([]);
  expect(fieldNames(hostFileSchema, ["permit", "toString"])).toEqual([]);
});

test("names the fields of an object, and none where names are free", () => {
  expect(fieldNames(hostFileSchema, ["permit"])).toEqual(["project", "environment"]);
  expect(fieldNames(grantsFileSchema, ["groups"])).toEqual([]);
});
