import type { lookup as resolve } from "node:dns";
import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { AddressRefusedError } from "../address-rules.ts";
import { isPublicAddress } from "../public-address.ts";
import { createGuardedFetch } from "./guarded-fetch.ts";

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

test.each([
  ...["127.0.0.1", "127.255.0.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"],
  ...["169.254.169.254", "169.254.170.2", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1"],
  ...["::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "100::1"],
  // IPv4 in IPv6: mapped, compatible, NAT64, 6to4, Teredo. As decimals and as hexadecimals.
  ...["::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:a00:1", "::10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1"],
  ...["2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "not an address", ""],
])("%s is not public", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(["8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"])(
  "%s is public",
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

test("no address inside a private range is public, whatever the rest of it", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(fc.constantFrom("10", "127", "0"), byte, byte, byte, (first, b, c, d) => {
      const address = `${first}.${b}.${c}.${d}`;
      expect([isPublicAddress(address), isPublicAddress(`::ffff:${address}`)]).toEqual([false, false]);
    }),
  );
});

/** A resolver that answers with these addresses, one list after the other. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const lookup = ((hostname: string, _options: object, done: (error: null, addresses: object[]) => void) => {
    asked.push(hostname);
    const addresses = answers[Math.min(asked.length, answers.length) - 1] ?? [];
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  }) as unknown as typeof resolve;
  return { asked, lookup };
}

function guard(reviewedHosts: string[], lookup?: typeof resolve) {
  const created = createGuardedFetch({ hosts: reviewedHosts, ranges: [] }, lookup === undefined ? {} : { lookup });
  closing.push(created.close);
  return created.fetch;
}

async function serve(handle: RequestListener): Promise<{ readonly port: number; readonly paths: string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, paths };
}

test.each([
  ["https://10.0.0.1/x"],
  ["https://[::ffff:127.0.0.1]/x"],
  ["https://2130706433/x"],
  ["https://0x7f.1/x"],
  ["http://example.com/x"],
  ["ftp://example.com/x"],
  ["file:///etc/passwd"],
  ["https://user:password@example.com/x"],
])("%s is refused before anything is resolved", async (url) => {
  const { asked, lookup } = resolver(["93.184.216.34"]);
  await expect(guard([], lookup)(url)).rejects.toThrow(AddressRefusedError);
  expect(asked).toEqual([]);
});

test("a name is refused when any of its addresses is private, and nothing is connected to", async () => {
  const server = await serve((_request, response) => response.end("secret"));
  for (const addresses of [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["2606:4700::1111", "::1"]]) {
    const { asked, lookup } = resolver(addresses);
    await expect(guard([], lookup)(`https://rebound.test:${server.port}/x`)).rejects.toThrow(AddressRefusedError);
    expect(asked).toEqual(["rebound.test"]);
  }
  expect(server.paths).toEqual([]);
});

test("a name is resolved once, and the connection goes where it was looked at", async () => {
  const server = await serve((_request, response) => response.end("answer"));
  const { asked, lookup } = resolver(["127.0.0.1"], ["10.9.9.9"]);
  const response = await guard(["upstream.test"], lookup)(`http://upstream.test:${server.port}/x`);
  expect([await response.text(), asked]).toEqual(["answer", ["upstream.test"]]);
});

test("a host that the policy names may be private, and no other one is by that", async () => {
  const server = await serve((_request, response) =>
    response.writeHead(302, { location: "http://127.0.0.2/next" }).end(),
  );
  const fetch = guard(["127.0.0.1"]);
  const response = await fetch(`http://127.0.0.1:${server.port}/x`);
  expect([response.status, server.paths]).toEqual([302, ["/x"]]);
  await expect(fetch(String(response.headers.get("location")))).rejects.toThrow(AddressRefusedError);
});

test("an answer of more than 1 MB is not read to its end", async () => {
  const server = await serve((_request, response) => {
    response.writeHead(200);
    const more = () => response.write(Buffer.alloc(256 * 1024)) && setImmediate(more);
    response.on("drain", more);
    more();
  });
  await expect(guard(["127.0.0.1"])(`http://127.0.0.1:${server.port}/x`)).rejects.toThrow("1 MB");
});
