/** Where a long result goes: standard output, or a new file. */
import { type FileHandle, open, rm } from "node:fs/promises";
import { type Output, UsageError } from "@permit-mcp-gateway/policies/cli/command";

/** Takes text with its line ends. */
export type WriteText = (text: string) => Promise<void>;

/** Text is collected to this many characters: a write for each line would take most of the time. */
const bufferLength = 256 * 1024;

const refusals: Readonly<Record<string, string>> = {
  EEXIST: "is there already, and nothing is written over it.",
  ENOENT: "can't be made: there is no such folder.",
};

async function create(file: string): Promise<FileHandle> {
  try {
    // The log is for few eyes, and a file or a link that somebody put there is none of ours.
    return await open(file, "wx", 0o600);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${file} ${refusals[code] ?? `can't be written: ${message}`}`);
  }
}

/** Gives what `run` writes to `flush`, many lines at once. */
async function buffered(run: (write: WriteText) => Promise<void>, flush: WriteText): Promise<void> {
  let buffer = "";
  const empty = async () => {
    const text = buffer;
    buffer = "";
    if (text !== "") await flush(text);
  };
  await run(async (text) => {
    buffer += text;
    if (buffer.length >= bufferLength) await empty();
  });
  await empty();
}

/**
 * Runs `run` with what writes to the file, which is made anew, readable by its owner only, and removed again when `run`
 * throws: half an export must not pass for one. Without a file it goes to standard output. Throws UsageError when the file
 * can't be made.
 */
export async function writeOutput(
  file: string | undefined,
  output: Output,
  run: (write: WriteText) => Promise<void>,
): Promise<void> {
  // `line` adds the last line feed.
  if (file === undefined) return buffered(run, async (text) => output.line(text.replace(/\n$/, "")));
  const handle = await create(file);
  try {
    await buffered(run, (text) => handle.appendFile(text));
    await handle.sync();
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(file);
    throw error;
  }
}
