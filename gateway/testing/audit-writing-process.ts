/**
 * A process that writes audit records to the embedded database in the folder of its first argument, until it is killed.
 * One line for each record whose write has resolved, `ok` and its id; `refused` and the id for each that was refused; `started`
 * before them.
 */
import { randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase } from "../src/adapters/database.ts";
import { allowedCall, auditLogOn, refusedCall } from "./audit-fixture.ts";

const [dataDir = "", bytes = "0", atOnce = "4"] = process.argv.slice(2);
// At once, and not when the process has time: whoever reads must have it when this one is killed.
const print = (line: string) => void writeSync(1, `${line}\n`);

const log = auditLogOn(await openDatabase({ dataDir }));
print("started");
async function writeAlways(worker: number): Promise<never> {
  for (let count = 0; ; count += 1) {
    const call = count % 3 === 0 ? allowedCall(`call-${worker}`) : refusedCall(`call-${worker}`);
    // Text that PostgreSQL can't compress: so many bytes need so much space.
    const record = { ...call, reason: randomBytes(Number(bytes) / 2).toString("hex") };
    try {
      await log.write(record);
      print(`ok ${record.id}`);
    } catch {
      print(`refused ${record.id}`);
      await sleep(20);
    }
  }
}
await Promise.all(Array.from({ length: Number(atOnce) }, (_, worker) => writeAlways(worker)));
