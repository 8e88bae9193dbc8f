import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { startProcess } from "./process.ts";
import { send } from "./raw-http.ts";
import { newEnvironment } from "./sdk.ts";

/** What a run of kills found. */
export interface KillLoopResult {
  readonly kills: number;
  /** Writes that were answered with success before their process was killed. */
  readonly acknowledged: number;
  /** Acknowledged writes that the next start did not know. */
  readonly lost: readonly string[];
}

const orgKey = "permit_key_of_the_organization";
const writers = 8;

/** The writes that one process answered. A key that is deleted is not created again. */
class Answers {
  readonly created = new Set<string>();
  readonly deleted = new Set<string>();
  /** Sent and not answered: present or not. */
  readonly open = new Set<string>();

  get count(): number {
    return this.created.size + 2 * this.deleted.size;
  }
}

async function write(url: string, secret: string, answers: Answers, prefix: string): Promise<void> {
  const users = "/v2/facts/default/killed/users";
  for (let count = 0; ; count += 1) {
    const key = `${prefix}-${count}`;
    answers.open.add(key);
    if ((await send(url, secret, "POST", users, { key })).status !== 200) throw new Error(`${key} was refused.`);
    answers.open.delete(key);
    answers.created.add(key);
    if (count % 4 !== 0) continue;
    answers.created.delete(key);
    answers.open.add(key);
    if ((await send(url, secret, "DELETE", `${users}/${key}`)).status !== 204) throw new Error(`${key} stays.`);
    answers.open.delete(key);
    answers.deleted.add(key);
  }
}

async function storedUsers(url: string, secret: string): Promise<ReadonlySet<string>> {
  const stored = new Set<string>();
  for (let page = 1; ; page += 1) {
    const { body } = await send(url, secret, "GET", `/v2/facts/default/killed/users?per_page=100&page=${page}`);
    const { data } = body as { data: readonly { key: string }[] };
    for (const { key } of data) stored.add(key);
    if (data.length < 100) return stored;
  }
}

/** Kills a writing local Permit `kills` times with SIGKILL at a moment of chance, and looks after each what is left. */
export async function killLoop(
  args: readonly string[],
  kills: number,
  onKill: (done: number) => void = () => undefined,
): Promise<KillLoopResult> {
  const lost: string[] = [];
  const answers = new Answers();
  let secret = "";
  for (let round = 0; round <= kills; round += 1) {
    const permit = await startProcess(["--port", "0", ...args], orgKey);
    if (round === 0) ({ secret } = await newEnvironment(permit.url, orgKey, "killed"));
    const stored = await storedUsers(permit.url, secret);
    lost.push(...[...answers.created].filter((key) => !stored.has(key)));
    lost.push(...[...answers.deleted].filter((key) => stored.has(key)).map((key) => `deletion of ${key}`));
    if (round < kills) {
      const writing = Array.from({ length: writers }, (_, writer) =>
        write(permit.url, secret, answers, `round-${round}-${writer}`),
      );
      // Each ends with the connection that the kill cuts.
      const ends = Promise.allSettled(writing);
      // Counted, not timed: on a busy machine a time would kill before anything is written.
      const enough = answers.count + randomInt(10, 200);
      let over = false;
      void ends.then(() => {
        over = true;
      });
      while (answers.count < enough && !over) await sleep(1);
      await sleep(randomInt(0, 10));
      await permit.end("SIGKILL");
      for (const end of await ends) {
        if (end.status === "rejected" && !(end.reason instanceof TypeError)) throw end.reason;
      }
      onKill(round + 1);
    } else {
      await permit.end("SIGTERM");
    }
  }
  return { kills, acknowledged: answers.count, lost };
}
