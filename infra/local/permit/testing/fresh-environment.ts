import type { Permit } from "permitio";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type LocalPermit, startLocalPermit } from "../start.ts";
import { type Sender, sender } from "./raw-http.ts";
import { connect, newEnvironment } from "./sdk.ts";

/** An empty environment, another one for each test of a file, in one local Permit. */
export interface FreshEnvironment {
  readonly url: string;
  readonly secret: string;
  readonly permit: Permit;
  /** Path of its key, for example `default/env-1`. */
  readonly path: string;
  readonly schema: Sender;
  readonly facts: Sender;
}

/** Registers the hooks and returns what they set: read its fields inside of tests only. */
export function freshEnvironment(): FreshEnvironment {
  let local: LocalPermit;
  let count = 0;
  const current = { url: "", secret: "", path: "", permit: connect("http://127.0.0.1:9", "unset") };
  beforeAll(async () => {
    local = await startLocalPermit({ port: 0 });
    current.url = local.url;
  });
  afterAll(() => local.close());
  beforeEach(async () => {
    count += 1;
    const key = `env-${count}`;
    current.path = `default/${key}`;
    Object.assign(current, await newEnvironment(local.url, local.orgKey, key));
  });
  const below = (part: string) => sender(() => ({ ...current, prefix: `/v2/${part}/${current.path}` }));
  return Object.assign(current, { schema: below("schema"), facts: below("facts") });
}
