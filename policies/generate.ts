/** `npm run generate`: writes what is made of the schemas. A test fails while a file is not as this would write it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonSchemaFiles, readmeWithTables } from "./src/generated.ts";

const schemas = join(import.meta.dirname, "schemas");
mkdirSync(schemas, { recursive: true });
for (const [name, text] of jsonSchemaFiles()) writeFileSync(join(schemas, name), text);
const readme = join(import.meta.dirname, "README.md");
writeFileSync(readme, readmeWithTables(readFileSync(readme, "utf8")));
