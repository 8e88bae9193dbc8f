import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { readBytes } from "./read-bytes.ts";

/** A body of 1-byte chunks that are all the same object, with another byte each time: who keeps it has the last byte only. */
async function* inBytes(text: string, end: () => void = () => undefined) {
  const chunk = Buffer.alloc(1);
  for (const byte of Buffer.from(text)) {
    chunk[0] = byte;
    yield chunk;
  }
  end();
}
const bodyOf = (chunks: AsyncIterable<Buffer>) => Readable.from(chunks, { highWaterMark: 1 });
const digits = "0123456789".repeat(5_000);

test("keeps no chunk: what it has read is its own copy, in one buffer that is not much larger", async () => {
  const read = await readBytes(bodyOf(inBytes(digits)), 1024 * 1024);
  expect(read?.toString()).toBe(digits);
  expect(read?.buffer.byteLength).toBeLessThanOrEqual(2 * digits.length);
});

test("a body of exactly as much as it may have", async () => {
  expect((await readBytes(bodyOf(inBytes(digits)), digits.length))?.toString()).toBe(digits);
  expect((await readBytes(Readable.from([]), 0))?.toString()).toBe("");
});

test("one byte more: it is told at once, and the body is not awaited", async () => {
  const endless = async function* () {
    yield* inBytes("12345");
    await new Promise(() => undefined);
  };
  expect(await readBytes(bodyOf(endless()), 4)).toBeUndefined();
});

test("a body that fails, and one that is cut off", async () => {
  const failing = inBytes("123", () => {
    throw new Error("reset");
  });
  await expect(readBytes(bodyOf(failing), 10)).rejects.toThrow("reset");
  const cut = new Readable({ read: () => undefined });
  const reading = readBytes(cut, 10);
  cut.push("1");
  cut.destroy();
  await expect(reading).rejects.toThrow("The body ended before its end.");
});
