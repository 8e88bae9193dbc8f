import { expect, test } from "vitest";
import { addressBlock, createRateLimiter } from "./rate-limit.ts";

test("an address waits for the end of its window, others don't", () => {
  let nowMs = 0;
  const limiter = createRateLimiter({ max: 2, windowMs: 60_000 }, () => new Date(nowMs));
  expect([limiter("192.0.2.1"), limiter("192.0.2.1")]).toEqual([undefined, undefined]);
  nowMs = 15_000;
  expect(limiter("192.0.2.1")).toBe(45);
  expect(limiter("192.0.2.2")).toBeUndefined();
  nowMs = 60_000;
  expect(limiter("192.0.2.1")).toBeUndefined();
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
