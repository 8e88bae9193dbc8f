import { watch } from "node:fs";
import { type LocalHost, PolicyRefusedError } from "./up.ts";

const settleMs = 300;

/**
 * Provisions the host again whenever a file of its policy folder changes, and says what that changed. A folder with
 * findings changes nothing. Returns a function that ends the watch.
 */
export function watchPolicies(host: LocalHost, policyDir: string, print: (line: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let work = Promise.resolve();
  const provision = async () => {
    try {
      const writes = await host.provision();
      if (writes.length > 0)
        print(`Policy changed: ${writes.length} writes to Permit, in force from the next call on.`);
    } catch (error) {
      const findings = error instanceof PolicyRefusedError ? error.message : String(error);
      print(`Policy not changed, the last good one stays in force:\n${findings}`);
    }
  };
  const watcher = watch(policyDir, { recursive: true }, () => {
    clearTimeout(timer);
    // One at a time, in order: editors write a file in several steps.
    timer = setTimeout(() => {
      work = work.then(provision);
    }, settleMs);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
