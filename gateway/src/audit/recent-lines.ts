import type { AuditShipments, AuditStore, StoredLine } from "../deps/audit-store.ts";

/** Of lines as text: what a busy gateway writes between two looks of its shippers. */
const recentMaxLength = 8 * 1024 * 1024;

/**
 * The same store and shipments, where the lines that this process has just made durable need not be read back to be
 * shipped. Only lines whose append was confirmed are remembered; whatever isn't here comes from the database.
 */
export function withRecentLines(
  store: AuditStore,
  shipments: AuditShipments,
): { readonly store: AuditStore; readonly shipments: AuditShipments } {
  let recent: StoredLine[] = [];
  let length = 0;

  const remember = (lines: readonly StoredLine[]) => {
    const [first, last] = [lines[0], recent.at(-1)];
    // After an append of which only the database knew how it ended, or in another chain: what is kept has no gaps.
    if (first?.chain !== last?.chain || first?.sequence !== (last?.sequence ?? 0) + 1) {
      recent = [];
      length = 0;
    }
    for (const each of lines) length += each.line.length;
    recent.push(...lines);
    if (length <= recentMaxLength) return;
    recent = recent.slice(-Math.floor(recent.length / 2));
    length = recent.reduce((sum, { line }) => sum + line.length, 0);
  };

  return {
    store: {
      ...store,
      append: async (before, after, lines) => {
        const done = await store.append(before, after, lines);
        if (done) remember(lines);
        return done;
      },
    },
    shipments: {
      ...shipments,
      lines: async (chain, after, limit) => {
        const [first] = recent;
        const at = first?.chain === chain ? after + 1 - first.sequence : -1;
        return at >= 0 && at < recent.length ? recent.slice(at, at + limit) : shipments.lines(chain, after, limit);
      },
    },
  };
}
