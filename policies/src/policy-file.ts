import { readFileSync, statSync } from "node:fs";
import type { Diagnostic } from "./diagnostic.ts";

/** Largest policy file that is read, in bytes: room for 10,000 humans and more. */
export const fileBytesMax = 4 * 1024 * 1024;

/** The text of a policy file, or the finding that says why there is none. Never throws. */
export function readPolicyFile(file: string): { readonly text: string } | { readonly finding: Diagnostic } {
  const unreadable = (message: string, hint: string) => ({
    finding: { code: "file-unreadable", file, line: 1, column: 1, message, hint } as const,
  });
  let bytes: Buffer;
  try {
    if (statSync(file).size > fileBytesMax) {
      return unreadable(`The file is larger than ${fileBytesMax} bytes.`, "split the host in two, or use groups");
    }
    bytes = readFileSync(file);
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return unreadable(`The file can't be read: ${cause}.`, "make it readable for the user who runs this");
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return unreadable("The file is not UTF-8 text.", "save it as UTF-8");
  }
}
