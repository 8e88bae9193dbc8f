import type { Exchange, McpDeps, Progress, Step } from "./exchange.ts";

/** Steps in order, as data. A step that needs what no earlier step found out does not compile. */
export interface Chain<State extends Exchange, Start extends Exchange = Exchange> {
  /** In the order in which they run. */
  readonly names: readonly string[];
  step<Adds extends object>(step: Step<State, Adds>): Chain<State & Adds, Start>;
  /**
   * Runs the steps one after the other. `onProgress` gets the exchange of this run before the first; what each step found
   * out is added to it, so that whoever catches what a step throws knows how far the request came.
   */
  run(exchange: Start, deps: McpDeps, onProgress: (exchange: Progress) => void): Promise<State>;
}

function build<State extends Exchange, Start extends Exchange>(
  steps: readonly Step<never, object>[],
): Chain<State, Start> {
  return {
    names: steps.map((step) => step.name),
    step: (step) => build([...steps, step as Step<never, object>]),
    run: async (exchange, deps, onProgress) => {
      const state: Exchange = { ...exchange };
      onProgress(state);
      for (const step of steps) {
        const added = step(state as never, deps);
        // Most steps only look at what is there: waiting for those would cost more than they do.
        Object.assign(state, added instanceof Promise ? await added : added);
      }
      // `step` has checked at compile time that each step's needs were met by those before it.
      return state as State;
    },
  };
}

/** A chain without steps, for an exchange of which `Start` is known. */
export function chain<Start extends Exchange = Exchange>(): Chain<Start, Start> {
  return build<Start, Start>([]);
}
