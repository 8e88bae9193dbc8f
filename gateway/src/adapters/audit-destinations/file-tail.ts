/** The end of a file of lines, as a crash or a full disk may have left it. */
import type { FileHandle } from "node:fs/promises";

const newline = 0x0a;

/** Thrown for a file that something else than this gateway has written. */
export class ForeignFileError extends Error {}

/**
 * Makes a file of JSON lines end with a newline, so that the next line is not glued to a torn one. Part of a line is cut
 * off: its delivery never ended well, so the line comes again. A whole one without its newline gets it: it may have been
 * delivered (an editor has eaten the newline, say), and may then not come again. Throws ForeignFileError, and changes
 * nothing, when the end is no part of a JSON object of at most `longestLineBytes`.
 */
export async function mendTail(file: FileHandle, longestLineBytes: number): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  const { buffer, bytesRead } = await file.read({
    buffer: Buffer.alloc(Math.min(size, longestLineBytes + 1)),
    position: Math.max(0, size - longestLineBytes - 1),
  });
  if (bytesRead !== buffer.length) throw new Error("The end of the file could not be read.");
  const tail = buffer.subarray(buffer.lastIndexOf(newline) + 1);
  if (tail.length === 0) return;
  // Where the power failed, a file can have got its length and not yet its bytes: they are zeros.
  const isPart = tail[0] === 0x7b || tail.every((byte) => byte === 0);
  if (!isPart || tail.length > longestLineBytes) throw new ForeignFileError();
  if (isWhole(tail)) await file.appendFile("\n");
  else await file.truncate(size - tail.length);
  await file.datasync();
}

/** No part of a JSON object is one, but the whole: it ends with the brace that closes it. */
function isWhole(tail: Buffer): boolean {
  try {
    JSON.parse(tail.toString());
    return true;
  } catch {
    return false;
  }
}
