/** `npm run bench -- <name>` and `npm run soak -- <name>`: runs one of the measuring programs; each says what it does. */

/** kind -> name -> program, from this folder. */
const programs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  bench: {
    "audit-durability": "../../gateway/bench/audit-durability.ts",
    "audit-verify": "../../gateway/bench/audit-verify.ts",
    mcp: "../local/bench/run.ts",
    permit: "../local/permit/bench/run.ts",
    "permit-start": "../local/permit/bench/start-from-disk.ts",
    policy: "../../policies/bench/run.ts",
    up: "./up.ts",
  },
  soak: {
    audit: "../local/completeness/run.ts",
    mcp: "../local/bench/soak.ts",
    permit: "../local/permit/bench/kill-loop.ts",
  },
};

const [node = "", main = "", kind = "", name = "", ...options] = process.argv;
const ofKind = programs[kind] ?? {};
const program = Object.hasOwn(ofKind, name) ? ofKind[name] : undefined;
if (program === undefined) {
  const kinds = Object.entries(programs).map(
    ([each, names]) => `  npm run ${each} -- ${Object.keys(names).join("|")} [OPTION ...]\n`,
  );
  process.stderr.write(`Usage:\n${kinds.join("")}`);
  process.exit(2);
}
process.argv = [node, main, ...options];
await import(new URL(program, import.meta.url).href);
