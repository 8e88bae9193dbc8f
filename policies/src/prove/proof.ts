/** What `prove` finds: for each law whether it holds, and the smallest example against it. */
import type { DecisionQuery } from "../decide.ts";
import type { SourcePosition } from "../model.ts";
import { trustRank } from "../trust.ts";

/** One question whose answer breaks a law. */
export interface CounterExample {
  readonly query: DecisionQuery;
  /** What is wrong, as a sentence without its full stop. */
  readonly text: string;
}

/** A law, and what speaks against it. */
export interface LawResult {
  readonly name: string;
  /** Where the invariants file says it; undefined for a law of the product. */
  readonly source: SourcePosition | undefined;
  readonly holds: boolean;
  /** How many questions it was asked of. 0: it is about nobody or nothing, so it shows nothing. */
  readonly asked: number;
  readonly violations: number;
  /** Of all violations one with the lowest consent, on the earliest day. */
  readonly counterExample: CounterExample | undefined;
}

/** Gathers what speaks against a law. */
export class Law {
  readonly name: string;
  readonly source: SourcePosition | undefined;
  asked = 0;
  violations = 0;
  #smallest: CounterExample | undefined;

  constructor(name: string, source?: SourcePosition) {
    this.name = name;
    this.source = source;
  }

  violate(query: DecisionQuery, text: string): void {
    this.violations++;
    const before = this.#smallest?.query;
    // Of equals the first stays: questions come in the order of servers, humans and tools.
    const isSmaller =
      before === undefined ||
      trustRank(query.consent) < trustRank(before.consent) ||
      (query.consent === before.consent && query.on < before.on);
    if (isSmaller) this.#smallest = { query: { ...query }, text };
  }

  result(): LawResult {
    const { name, source, asked, violations } = this;
    return { name, source, holds: violations === 0, asked, violations, counterExample: this.#smallest };
  }
}
