/** Writes the examples of `gateway/AUDIT-EVENTS.md`. A test fails while they are not as this would write them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentWithExamples } from "./document-examples.ts";

const path = join(import.meta.dirname, "../../AUDIT-EVENTS.md");
writeFileSync(path, documentWithExamples(readFileSync(path, "utf8")));
