/** A disk of its own that can be filled: what a program does on it is what it does when there is no space left. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
const fillerBytes = 1024 * 1024;

function run(...command: readonly string[]): void {
  const [program = "", ...args] = [...asRoot, ...command];
  execFileSync(program, args, { stdio: "pipe" });
}

function mount(folder: string, megabytes: number): void {
  const owner = `uid=${process.getuid?.()},gid=${process.getgid?.()}`;
  run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m,mode=0755,${owner}`, "tmpfs", folder);
}

/** Whether disks can be mounted here. Many machines of CI let nobody: there, too, a line says what was left out. */
export function hasSmallDisks(): boolean {
  try {
    openSmallDisk(1).close();
    return true;
  } catch {
    const message = "A tmpfs can't be mounted here (run as root, or as a user with sudo)";
    process.stdout.write(`${message}: the tests of a full disk are skipped.\n`);
    return false;
  }
}

export interface SmallDisk {
  readonly folder: string;
  /** Takes the space but for so many bytes. */
  fill(leftBytes: number): void;
  /** Gives the space back. */
  empty(): void;
  close(): void;
}

/** Mounts one. Throws where that is not possible. */
export function openSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-disk-"));
  const filler = join(folder, "filler");
  try {
    mount(folder, megabytes);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  const free = () => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  };
  return {
    folder,
    fill: (leftBytes) => {
      const file = openSync(filler, "a");
      const block = Buffer.alloc(fillerBytes);
      try {
        for (let more = free() - leftBytes; more > 0; more = free() - leftBytes) {
          writeSync(file, block, 0, Math.min(more, fillerBytes));
        }
      } catch (error) {
        // Others write here at the same time: then it is as full as it gets.
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(filler, { force: true }),
    close: () => {
      run("umount", "--lazy", folder);
      rmSync(folder, { recursive: true });
    },
  };
}
