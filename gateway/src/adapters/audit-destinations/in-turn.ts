/**
 * Makes calls one after another, in the order in which they came: deliveries of several chains must not be mixed where one
 * stream takes them all. A call that fails holds up none after it.
 */
export function inTurn<Argument, Result>(
  work: (argument: Argument) => Promise<Result>,
): (argument: Argument) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (argument) => {
    const result = last.then(() => work(argument));
    last = result.catch(() => undefined);
    return result;
  };
}
