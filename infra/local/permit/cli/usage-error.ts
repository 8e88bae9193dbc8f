/** A command line that can't be obeyed; the message says which part of it. */
export class UsageError extends Error {}
