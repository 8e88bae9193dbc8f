import fc from "fast-check";
import { expect, test } from "vitest";
import { planSubnets } from "./subnet-plan.ts";

/** First and last address of a range, as numbers. */
function bounds(cidr: string): [number, number] {
  const [address = "", length = ""] = cidr.split("/");
  const first = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return [first, first + 2 ** (32 - Number(length)) - 1];
}

test("ranges are in the network, apart, and stay where they are when a zone is added", () => {
  fc.assert(
    fc.property(fc.integer({ min: 16, max: 20 }), fc.integer({ min: 0, max: 255 }), (size, second) => {
      const cidr = `10.${second}.0.0/${size}`;
      const [from, to] = bounds(cidr);
      const ranges = planSubnets(cidr, 3)
        .flatMap(({ public: open, private: closed, data }) => [open, closed, data])
        .map(bounds)
        .toSorted(([one], [other]) => one - other);
      ranges.reduce((previous, [first, last]) => {
        expect(first).toBeGreaterThan(previous);
        // A load balancer asks for /27, with eight free addresses.
        expect(last - first).toBeGreaterThanOrEqual(31);
        return last;
      }, from - 1);
      expect(ranges.at(-1)?.[1]).toBeLessThanOrEqual(to);
      expect(planSubnets(cidr, 3).slice(0, 2)).toEqual(planSubnets(cidr, 2));
    }),
  );
  expect(planSubnets("10.64.0.0/16", 1)).toEqual([
    { private: "10.64.0.0/18", public: "10.64.192.0/21", data: "10.64.224.0/21" },
  ]);
});

test("a network that can't be divided is refused", () => {
  expect(() => planSubnets("10.0.0.0/24", 2)).toThrow("10.0.0.0/24 must have a size from /16 to /20.");
  expect(() => planSubnets("10.0.1.0/16", 2)).toThrow("does not begin at the first address");
});
