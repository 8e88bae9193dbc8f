import { AsyncLocalStorage } from "node:async_hooks";

/**
 * The grant that is being completed. Only the consent service runs code inside it, after it has written the grant: the
 * library issues a code nowhere else, so its own consent endpoints can't be used to get around ours.
 */
export const grantContext = new AsyncLocalStorage<{ readonly connectionId: string }>();
