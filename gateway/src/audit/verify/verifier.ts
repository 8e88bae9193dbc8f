/**
 * Proves a log from its lines alone, wherever they were read: each chain without a gap and unchanged, each signature of the
 * right key and line, each chain with its beginning and its end, none taken out as a whole. In one pass.
 *
 * What tells of a chain's end: its last record (`log_ended`); a record of another replica that found it without one
 * (`log_abandoned`); the checkpoints of others, which say where it was; a seal. A chain that none of these ends is one that
 * goes on, and has written not long ago.
 */

import type { JWK } from "jose";
import { z } from "zod";
import type { ChainHead } from "../../deps/audit-records.ts";
import { signatureState } from "../checkpoint-signature.ts";
import { type Seal, sealOf } from "../export-seal.ts";
import { ChainCheck, type Problem } from "./chain-check.ts";

/** Longer than any replica that lives is silent: a few of its checkpoints. */
const silenceMs = 15 * 60_000;

const headsSchema = z.array(z.object({ chain: z.string(), sequence: z.int(), hash: z.string() }));
const linkSchema = z.object({
  time: z.int(),
  action_id: z.int().optional(),
  metadata: z.object({
    event_code: z.string(),
    sequence: z.int().min(1),
    uid: z.string(),
    correlation_uid: z.string().optional(),
  }),
  unmapped: z.object({
    chain: z.uuid(),
    previous: z.string().regex(/^[0-9a-f]{64}$/),
    replica: z.string(),
    heads: headsSchema.optional(),
  }),
});

/** What is told of one chain. */
export interface ChainReport {
  readonly chain: string;
  readonly replica: string;
  readonly from: number;
  readonly to: number;
  readonly lastTime: string;
  readonly end: "ended" | "abandoned" | "sealed" | "goes on";
  /** The last record that a signature covers; 0: none does. */
  readonly signedTo: number;
}

export interface VerifyReport {
  readonly records: number;
  /** Lines that came more than once, unchanged: shipping is at least once. */
  readonly repeats: number;
  readonly chains: readonly ChainReport[];
  readonly problems: readonly Problem[];
  /** Decisions that let a call through and have no result here. */
  readonly openCalls: number;
}

export interface VerifierOptions {
  /** By `kid`; undefined: signatures are not looked at. */
  readonly keys: ReadonlyMap<string, JWK> | undefined;
  /** When the lines were read. */
  readonly asOf: Date;
  /** A gateway still writes there: a chain may go on, if it has written not long ago. */
  readonly live: boolean;
  /** The place forgets what is old: chains may begin later than with their first record. */
  readonly expires: boolean;
}

export interface Verifier {
  /** Takes the next line; `place` says where it is, for people. Lines of a chain come in their order. */
  take(line: string, place: string): void | Promise<void>;
  /** The place that was read says that a chain goes to there. */
  expectEnd(head: ChainHead): void;
  end(): VerifyReport;
}

/** What is said of a chain elsewhere. */
interface Told {
  /** `begins`: its records up to there were deleted. `was`: it had come to there. `ends`: it has no record after that one. */
  readonly what: "begins" | "was" | "ends";
  readonly head: ChainHead;
  readonly place: string;
  /** The record that says so; undefined for what is signed by itself, or can only make things worse. */
  readonly by: Omit<ChainHead, "hash"> | undefined;
}

interface Known {
  readonly check: ChainCheck;
  replica: string;
  lastTimeMs: number;
  signedTo: number;
  /** The first that should be signed and is not, after the last that is. */
  unsigned?: { readonly place: string; readonly sequence: number } | undefined;
  end: ChainReport["end"];
}

/** What is read of a line, in the order in which it is cheapest to say no. */
type Link = z.infer<typeof linkSchema>;

function linkOf(line: string): Link | undefined {
  try {
    return linkSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

export function createVerifier({ keys, asOf, live, expires }: VerifierOptions): Verifier {
  const problems: Problem[] = [];
  const chains = new Map<string, Known>();
  const told: Told[] = [];
  const open = new Set<string>();
  /** Results that came before their decisions, as those of another chain can. */
  const early = new Set<string>();

  const tell = (code: Problem["code"], place: string | undefined, sentence: string, at?: Partial<ChainHead>) => {
    problems.push({ code, chain: at?.chain, sequence: at?.sequence, place, sentence });
  };

  const chainOf = (chain: string, replica: string): Known => {
    let known = chains.get(chain);
    if (known === undefined) {
      known = { check: new ChainCheck(chain, problems), replica, lastTimeMs: 0, signedTo: 0, end: "goes on" };
      chains.set(chain, known);
    }
    return known;
  };

  const checkSignature = async (line: string, place: string, known: Known, at: { chain: string; sequence: number }) => {
    if (keys === undefined) return;
    const state = await signatureState(line, keys);
    if (state === "good") {
      known.signedTo = at.sequence;
      known.unsigned = undefined;
    } else if (state === "none") known.unsigned ??= { place, sequence: at.sequence };
    else if (state === "wrong") tell("SIGNATURE_WRONG", place, "The signature is not of this line.", at);
    else if (state === "unknown key") {
      tell("SIGNATURE_UNKNOWN_KEY", place, "The signature is of a key that was not given as this host's.", at);
    }
  };

  /** What the log says of itself. */
  const takeLogEvent = (link: Link, known: Known, place: string): void => {
    const { event_code: event, sequence } = link.metadata;
    const heads = link.unmapped.heads ?? [];
    if (event === "log_ended") known.end = "ended";
    const what = event === "log_trimmed" ? "begins" : event === "log_abandoned" ? "ends" : "was";
    for (const head of heads) told.push({ what, head, place, by: { chain: link.unmapped.chain, sequence } });
  };

  /** A record that nobody has signed for excuses nothing: whoever took records away could have added it. */
  const isBelieved = ({ by }: Told): boolean =>
    keys === undefined || by === undefined || (chains.get(by.chain)?.signedTo ?? 0) >= by.sequence;

  const takeSeal = async (line: string, place: string): Promise<boolean> => {
    const seal: Seal | "wrong" | undefined = await sealOf(line, keys);
    if (seal === undefined) return false;
    if (seal === "wrong")
      tell("SEAL_WRONG", place, "The seal at the end was changed, or is of a key that was not given.");
    else {
      for (const { chain, first, last } of seal.heads) {
        const start = { chain, sequence: first.sequence - 1, hash: first.previous };
        told.push({ what: "begins", head: start, place, by: undefined });
        told.push({ what: "was", head: { chain, ...last }, place, by: undefined });
        const known = chains.get(chain);
        if (known?.end === "goes on") known.end = "sealed";
      }
    }
    return true;
  };

  return {
    take: (line, place) => {
      if (line === "") return undefined;
      const link = linkOf(line);
      if (link === undefined) {
        return takeSeal(line, place).then((isSeal) => {
          if (!isSeal) tell("NOT_A_RECORD", place, "This line is no record of the audit log, or was changed.");
        });
      }
      const { metadata, unmapped, time, action_id: action } = link;
      const { chain, previous, replica } = unmapped;
      const { sequence, event_code: event, uid, correlation_uid: decision } = metadata;
      const known = chainOf(chain, replica);
      if (!known.check.take({ sequence, previous, line, place })) return undefined;
      known.lastTimeMs = Math.max(known.lastTimeMs, time);
      if ((event === "tool_call" || event === "request") && action === 1 && !early.delete(uid)) open.add(uid);
      if (event === "call_result" && decision !== undefined && !open.delete(decision)) early.add(decision);
      if (!event.startsWith("log_")) return undefined;
      takeLogEvent(link, known, place);
      const isSigned = event === "log_checkpoint" || event === "log_ended";
      return isSigned ? checkSignature(line, place, known, { chain, sequence }) : undefined;
    },
    expectEnd: (head) => void told.push({ what: "was", head, place: "the place that was read", by: undefined }),
    end: () => {
      const starts = told.filter((each) => each.what === "begins" && isBelieved(each)).map(({ head }) => head);
      // Once for each chain: all who speak of a chain that was changed say the same.
      const complained = new Set<string>();
      for (const { what, head, place, by } of told) {
        if (what === "begins") continue;
        const known = chains.get(head.chain);
        if (known !== undefined) {
          if (!complained.has(head.chain) && known.check.confirm(head, place)) complained.add(head.chain);
          if (what === "ends" && known.end === "goes on" && isBelieved({ what, head, place, by }))
            known.end = "abandoned";
          continue;
        }
        // Of a chain of which nothing is left, as its records were kept for long enough, others speak still.
        const gone = starts.some(({ chain, sequence }) => chain === head.chain && sequence >= head.sequence);
        if (gone || expires || head.sequence === 0 || complained.has(head.chain)) continue;
        complained.add(head.chain);
        const sentence = `Chain ${head.chain}, which was at record ${head.sequence} as ${place} says, is missing as a whole.`;
        tell("CHAIN_MISSING", place, sentence, head);
      }
      for (const { check, end, lastTimeMs, unsigned } of chains.values()) {
        if (unsigned !== undefined && end !== "sealed") {
          const sentence = `Record ${unsigned.sequence} and what is around it has no signature: somebody has taken it off, or the key could not be used then (AUDIT_NOT_SIGNED in the gateway's log).`;
          tell("SIGNATURE_MISSING", unsigned.place, sentence, { chain: check.chain, sequence: unsigned.sequence });
        }
        if (!expires) check.confirmBeginning(starts.filter(({ chain }) => chain === check.chain));
        const { last } = check.state;
        if (end !== "goes on" || (live && asOf.getTime() - lastTimeMs < silenceMs)) continue;
        const stops = `The chain stops on ${new Date(lastTimeMs).toISOString()} without an end`;
        const sentence = live
          ? `${stops}, and a replica that lives writes every few minutes. What came after is missing, or the replica was killed and no other one has run since.`
          : `${stops}. What came after is missing, or a gateway still writes to it: then say --live.`;
        tell("END_MISSING", last?.place, sentence, { chain: check.chain, sequence: (last?.sequence ?? 0) + 1 });
      }
      const reports = [...chains.values()].map(({ check, replica, end, lastTimeMs, signedTo }) => ({
        ...{ chain: check.chain, replica, end, signedTo, lastTime: new Date(lastTimeMs).toISOString() },
        from: check.state.first?.sequence ?? 0,
        to: check.state.last?.sequence ?? 0,
      }));
      const sum = (count: (check: ChainCheck) => number) =>
        [...chains.values()].reduce((total, { check }) => total + count(check), 0);
      return {
        records: sum(({ state }) => state.records),
        repeats: sum(({ state }) => state.repeats),
        ...{ chains: reports, problems, openCalls: open.size },
      };
    },
  };
}
