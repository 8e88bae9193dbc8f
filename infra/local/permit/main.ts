#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";

// Both before the program is loaded, therefore the import below. Compiled code is kept where packages keep it, not in
// the folder for everybody's temporary files: whoever can write there could put code of their own in its place.
enableCompileCache(join(import.meta.dirname, "../../../node_modules/.cache/local-permit"));
// All state is in memory, and V8 would let as much garbage gather beside it before it looks. A young generation that
// stays small is looked through often and quickly, more quickly than threads could be woken up to help; the old one may
// grow by a fifth between two looks.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--no-parallel-scavenge");
setFlagsFromString("--heap-growing-percent=20");

const { main } = await import("./cli/main.ts");
process.exitCode = await main(process.argv.slice(2));
