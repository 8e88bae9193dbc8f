import { expect, test } from "vitest";
import { addressBlock, createRateLimiter } from "./rate-limit.ts";

test("an address waits for the end of its window, others don't", () => {
  let nowMs = 0;
  let rule = { max: 2, windowSeconds: 60 };
  const limiter = createRateLimiter(
    () => rule,
    () => new Date(nowMs),
  );
  expect([limiter("192.0.2.1"), limiter("192.0.2.1")]).toEqual([undefined, undefined]);
  nowMs = 15_000;
  expect(limiter("192.0.2.1")).toBe(45);
  expect(limiter("192.0.2.2")).toBeUndefined();
  nowMs = 60_000;
  expect(limiter("192.0.2.1")).toBeUndefined();
  // A rule that changes holds for windows that are open.
  expect(limiter("192.0.2.1")).toBeUndefined();
  rule = { max: 10, windowSeconds: 60 };
  expect(limiter("192.0.2.1")).toBeUndefined();
  rule = { max: 1, windowSeconds: 3600 };
  expect(limiter("192.0.2.1")).toBe(3600);
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:0db8:0000:0000::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
])("%s counts as %s", (address, block) => {
  expect(addressBlock(address)).toBe(block);
});
