/** A bill of materials (CycloneDX 1.5) of what is in the bundle: npm's own, without what was only installed. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const root = join(import.meta.dirname, "../..");

/** What npm writes, as far as it is looked at here. */
const npmBomSchema = z.looseObject({
  metadata: z.looseObject({ component: z.looseObject({ "bom-ref": z.string() }) }),
  components: z.array(z.looseObject({ "bom-ref": z.string(), name: z.string(), version: z.string() })),
  dependencies: z.array(z.looseObject({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

const packageSchema = z.looseObject({ name: z.string(), version: z.string() });

/** `name@version` of the package that a file belongs to; undefined for our own files and the bundler's own code. */
function packageOf(file: string): string | undefined {
  const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0].replace(/^[^/]*(?=\/)/, "");
  if (folder === undefined) return undefined;
  const { name, version } = packageSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  return `${name}@${version}`;
}

/**
 * The packages that `files` belong to, described by `npm sbom` from what is installed. No serial number and no time of
 * day: they would make every build another image. Throws when npm does not know a package that is in the bundle.
 */
export function billOfMaterials(files: readonly string[]): object {
  const bundled = new Set(files.map(packageOf).filter((each) => each !== undefined));
  // What the pages are made of is installed for development only, which npm omits where NODE_ENV is "production".
  const text = execFileSync(
    "npm",
    ["sbom", "--sbom-format", "cyclonedx", "--workspace", "gateway", "--include", "dev", "--package-lock-only"],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const { serialNumber: _serial, ...bom } = npmBomSchema.parse(JSON.parse(text));
  const { timestamp: _time, component, ...metadata } = bom.metadata;
  const keyOf = (each: { readonly name: string; readonly version: string }) => `${each.name}@${each.version}`;
  const components = bom.components.filter((each) => bundled.has(keyOf(each)));
  const missing = [...bundled].filter((key) => !components.some((each) => keyOf(each) === key));
  if (missing.length > 0) throw new Error(`npm sbom does not list what is bundled: ${missing.join(", ")}`);
  const kept = new Set(components.map((each) => each["bom-ref"]));
  const top = component["bom-ref"];
  return {
    ...bom,
    metadata: { ...metadata, component: { ...component, type: "application", name: "permit-mcp-gateway" } },
    components,
    dependencies: bom.dependencies
      .filter(({ ref }) => kept.has(ref) || ref === top)
      .map(({ ref, dependsOn }) => ({
        ref,
        dependsOn: ref === top ? [...kept] : dependsOn.filter((on) => kept.has(on)),
      })),
  };
}
