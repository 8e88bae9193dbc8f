/** Tools that are not what was reviewed. */

/** A definition of a tool that some human was shown and nobody has reviewed. */
export interface ToolDrift {
  readonly server: string;
  readonly tool: string;
  /** Digest of the definition. */
  readonly seen: string;
}

/** What servers show beside what was reviewed, known to all replicas, so that one of them tells of it. */
export interface ToolDriftStore {
  /** Of one server, with the time at which each was seen last. */
  list(server: string): Promise<readonly (ToolDrift & { readonly lastSeenAt: Date })[]>;
  /** True for the one caller by whom it got there. */
  add(drift: ToolDrift): Promise<boolean>;
  /** It was seen again just now. */
  touch(drift: ToolDrift): Promise<void>;
  /** True for the one caller by whom it went. */
  remove(drift: ToolDrift): Promise<boolean>;
}
