/** The lines as they are, chain by chain, and the seal that says what there is. */
import { type SealedChain, sealLine } from "../../src/audit/export-seal.ts";
import { hashOf } from "../../src/audit/line.ts";
import {
  type AuditFilter,
  type AuditReader,
  type AuditRow,
  type ChainRange,
  matchingRows,
  readRow,
} from "../../src/audit/query.ts";
import type { OpenSealKey } from "./seal-key.ts";
import type { WriteText } from "./write-output.ts";

async function writeChain(reader: AuditReader, range: ChainRange, filter: AuditFilter, write: WriteText) {
  let [first, last]: (AuditRow | undefined)[] = [];
  for await (const row of matchingRows(reader.chainRows(range, filter), filter)) {
    await write(`${row.line}\n`);
    first ??= row;
    last = row;
  }
  return first === undefined || last === undefined ? undefined : { first, last };
}

const sealedChain = ({ first, last }: { readonly first: AuditRow; readonly last: AuditRow }): SealedChain => ({
  chain: first.chain,
  // A line that is not read is none that a seal could vouch for: verification says so of the line itself.
  first: { sequence: first.sequence, previous: readRow(first).link?.previous ?? "" },
  last: { sequence: last.sequence, hash: hashOf(last.line) },
});

/** Writes the lines byte for byte, each with a line feed. Returns what it wrote of each chain. */
export async function exportOcsf(
  reader: AuditReader,
  ranges: readonly ChainRange[],
  filter: AuditFilter,
  write: WriteText,
): Promise<readonly SealedChain[]> {
  const heads: SealedChain[] = [];
  for (const range of ranges) {
    const ends = await writeChain(reader, range, filter, write);
    if (ends !== undefined) heads.push(sealedChain(ends));
  }
  return heads;
}

/** The closing line of an export that has all of a period; undefined where there is no key to sign it with. */
export async function sealExport(
  heads: readonly SealedChain[],
  { from, to }: AuditFilter,
  now: Date,
  openKey: OpenSealKey,
): Promise<string | undefined> {
  const signer = await openKey();
  if (signer === undefined) return undefined;
  try {
    const period = { from: from?.toISOString(), to: to?.toISOString() };
    return await sealLine({ sealedAt: now.toISOString(), ...period, heads }, signer);
  } finally {
    signer.close();
  }
}
