import { expect, test } from "vitest";
import { promiseOf } from "../testing/mocks.ts";
import { ecrRepositoryArn } from "./image-reference.ts";

test("the repository that a role may pull from is that of the image, and nothing for images elsewhere", async () => {
  const arn = (reference: string) => {
    const output = ecrRepositoryArn(reference, "aws");
    return output === undefined ? undefined : promiseOf(output);
  };
  const digest = `sha256:${"a".repeat(64)}`;
  expect(await arn(`123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/gateway@${digest}`)).toBe(
    "arn:aws:ecr:eu-west-1:123456789012:repository/team/gateway",
  );
  expect(await arn(`permitio/pdp-v2@${digest}`)).toBe(undefined);
  expect(await arn(`evil.example.com/123456789012.dkr.ecr.eu-west-1.amazonaws.com/gateway@${digest}`)).toBe(undefined);
});
