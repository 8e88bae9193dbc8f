/** One chain as its lines come by: what is missing, changed, out of order. */
import type { ChainHead } from "../../deps/audit-records.ts";
import { hashOf, noLine } from "../line.ts";

/** What is wrong, and where. */
export interface Problem {
  readonly code:
    | "NOT_A_RECORD"
    | "CHANGED"
    | "MISSING"
    | "OUT_OF_ORDER"
    | "ANOTHER_RECORD"
    | "BEGINNING_MISSING"
    | "END_MISSING"
    | "CHAIN_MISSING"
    | "SIGNATURE_MISSING"
    | "SIGNATURE_WRONG"
    | "SIGNATURE_UNKNOWN_KEY"
    | "SEAL_WRONG";
  readonly chain: string | undefined;
  /** Of the first record that is concerned. */
  readonly sequence: number | undefined;
  /** Of the line at which it was noticed, as the reader calls it. */
  readonly place: string | undefined;
  readonly sentence: string;
}

/** What of a line is of concern to its chain. */
export interface LinkedLine {
  readonly sequence: number;
  readonly previous: string;
  readonly line: string;
  readonly place: string;
}

/** SHA-256 in binary: half of the hexadecimal text. */
const compact = (hash: string) => Buffer.from(hash, "hex").toString("latin1");

export class ChainCheck {
  readonly chain: string;
  readonly #problems: Problem[];
  /** Of each record that was seen, by its sequence. */
  readonly #hashes: (string | undefined)[] = [];
  #first: { readonly sequence: number; readonly previous: string; readonly place: string } | undefined;
  #last: { readonly sequence: number; readonly hash: string; readonly place: string } | undefined;
  #records = 0;
  #repeats = 0;

  constructor(chain: string, problems: Problem[]) {
    this.chain = chain;
    this.#problems = problems;
  }

  /** Takes the next line. True when it is one that was not seen before. */
  take({ sequence, previous, line, place }: LinkedLine): boolean {
    const hash = hashOf(line);
    const known = this.#hashes[sequence];
    const last = this.#last;
    if (known !== undefined) {
      if (known === compact(hash)) {
        this.#repeats += 1;
        return false;
      }
      const sentence = `There are two different records ${sequence}. One of them was changed or added.`;
      this.#tell("ANOTHER_RECORD", sequence, place, sentence);
      return false;
    }
    this.#hashes[sequence] = compact(hash);
    this.#records += 1;
    if (last !== undefined && sequence <= last.sequence) {
      const sentence = `Record ${sequence} comes after record ${last.sequence}. Records were put in another order, or added.`;
      this.#tell("OUT_OF_ORDER", sequence, place, sentence);
      return true;
    }
    if (last === undefined) this.#first = { sequence, previous, place };
    else if (sequence > last.sequence + 1) this.#gap(last.sequence + 1, sequence - 1, place);
    else if (previous !== last.hash) {
      const sentence = `Record ${last.sequence} (${last.place}) was changed, or record ${sequence} was: it says that the SHA-256 of the one before is ${previous}, and that is ${last.hash}.`;
      this.#tell("CHANGED", last.sequence, place, sentence);
    }
    this.#last = { sequence, hash, place };
    return true;
  }

  /** Something that is signed for, or recorded elsewhere, says where this chain was. True when it is not so here. */
  confirm(head: ChainHead, place: string): boolean {
    const { sequence, hash } = head;
    const first = this.#first?.sequence ?? 0;
    const last = this.#last?.sequence ?? 0;
    if (sequence < first || sequence === 0) return false;
    if (sequence > last) {
      const sentence = `The chain goes to record ${sequence}, as ${place} says, and here it ends with record ${last}. What is after it was cut off.`;
      this.#tell("END_MISSING", last + 1, this.#last?.place, sentence);
      return true;
    }
    const known = this.#hashes[sequence];
    if (known === undefined || known === compact(hash)) return false;
    this.#tell("CHANGED", sequence, place, `Record ${sequence} is another one than ${place} says.`);
    return true;
  }

  /** The chain begins with its first record, or after one of `starts`, up to which it was deleted or is told elsewhere. */
  confirmBeginning(starts: readonly ChainHead[]): void {
    const first = this.#first;
    if (first === undefined) return;
    const begins = [{ sequence: 0, hash: noLine }, ...starts];
    if (begins.some(({ sequence, hash }) => first.sequence === sequence + 1 && first.previous === hash)) return;
    const sentence = `The records before record ${first.sequence} are missing, and nothing says that they were deleted when their time was up.`;
    this.#tell("BEGINNING_MISSING", 1, first.place, sentence);
  }

  get state() {
    return { records: this.#records, repeats: this.#repeats, first: this.#first, last: this.#last };
  }

  #gap(from: number, to: number, place: string): void {
    const what = from === to ? `Record ${from} is` : `Records ${from} to ${to} are`;
    this.#tell("MISSING", from, place, `${what} missing before ${place}.`);
  }

  #tell(code: Problem["code"], sequence: number, place: string | undefined, sentence: string): void {
    this.#problems.push({ code, chain: this.chain, sequence, place, sentence });
  }
}
