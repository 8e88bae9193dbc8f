import { check } from "./check.ts";
import type { Command } from "./command.ts";
import { diff } from "./diff.ts";
import { explain } from "./explain.ts";
import { importServer } from "./import.ts";
import { prove } from "./prove.ts";
import { replay } from "./replay.ts";
import { test } from "./test.ts";

/** The commands, in the order in which the help lists them. */
export const commands: readonly Command[] = [check, test, prove, diff, explain, importServer, replay];
