import { useCallback, useEffect, useState } from "react";

/**
 * The step of a page that has two: the keys of what was chosen in the first, or undefined while it is open. Each choice is
 * an entry of the browser's history, so that its Back button leads to the first step and not off the page. Nothing is
 * added to the address, whose query is signed.
 */
export function useChosen(initial: readonly string[] | undefined) {
  const [chosen, setChosen] = useState(initial);

  useEffect(() => {
    const follow = (event: PopStateEvent) => {
      const state: unknown = event.state;
      setChosen(Array.isArray(state) ? state.filter((key) => typeof key === "string") : undefined);
    };
    window.addEventListener("popstate", follow);
    return () => window.removeEventListener("popstate", follow);
  }, []);

  const choose = useCallback((keys: readonly string[]) => {
    window.history.pushState(keys, "");
    setChosen(keys);
  }, []);
  const back = useCallback(() => {
    // What was chosen beforehand has no entry of its own to go back from.
    if (window.history.state === null) setChosen(undefined);
    else window.history.back();
  }, []);
  return { chosen, choose, back };
}
