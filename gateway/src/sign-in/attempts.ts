import type { FastifyReply, FastifyRequest } from "fastify";
import type { AttemptStore } from "../deps/attempts.ts";
import { digest } from "../digest.ts";
import { GatewayError } from "../errors.ts";
import { recordedRequest } from "../oauth/recorded-request.ts";
import { addressBlock } from "../rate-limit.ts";
import { clientAddress } from "../trusted-proxies.ts";
import type { DeviceCookie } from "./device-cookie.ts";
import type { GuessLog } from "./guess-log.ts";

const minutes = 60;

/** How often a secret of one account may be guessed at, or a mail to it asked for. */
const limits = {
  password: {
    here: { max: 10, windowSeconds: 15 * minutes },
    elsewhere: { max: 50, windowSeconds: 60 * minutes },
  },
  // Six digits, three guesses per code: a day's guesses from everywhere find one in 1,400 codes.
  code: {
    here: { max: 10, windowSeconds: 15 * minutes },
    elsewhere: { max: 30, windowSeconds: 60 * minutes },
  },
  mail: {
    here: { max: 5, windowSeconds: 15 * minutes },
    elsewhere: { max: 20, windowSeconds: 60 * minutes },
  },
} as const;

/** What the secret is for that is guessed at. */
const methods = { password: "password", code: "otp" } as const;

/** What is tried. */
export type AttemptKind = keyof typeof limits;

/** Limits per account, known or not: the answer is the same for every address that is typed. */
export interface Attempts {
  /** Counts one attempt before it is made. Throws GatewayError SIGN_IN_PAUSED, with `Retry-After` on the answer. */
  begin(kind: AttemptKind, email: string, request: FastifyRequest, reply: FastifyReply): Promise<BegunAttempt>;
  /** The mailbox was proven: whatever others guessed at does not count any more. */
  forgive(email: string, request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

export interface BegunAttempt {
  /** It was the human: their failures before are forgotten, and this browser is theirs. */
  succeeded(): Promise<void>;
}

/**
 * Two counters per address of mail: one for the browser or the network address at hand, one for all those together that
 * have never signed in to it. A browser that has is asked for the first alone, so that nobody can lock a human out of
 * the browser they use, however long they guess. Both end with their window, and a link by mail ends them at once.
 */
export function createAttempts(store: AttemptStore, device: DeviceCookie, guesses: GuessLog): Attempts {
  const keyOf = (...parts: readonly string[]) => digest(JSON.stringify(parts));
  const keys = (kind: AttemptKind, email: string, request: FastifyRequest) => {
    const known = device.read(request, email);
    const where = known === undefined ? ["address", addressBlock(clientAddress(request))] : ["device", known];
    return { known, here: keyOf(kind, email, ...where), elsewhere: keyOf(kind, email, "elsewhere") };
  };

  return {
    begin: async (kind, email, request, reply) => {
      const { known, here, elsewhere } = keys(kind, email, request);
      // One after the other: what is refused here must not use up the attempts of everybody else.
      const wait =
        (await store.take({ key: here, ...limits[kind].here })) ??
        (known === undefined ? await store.take({ key: elsewhere, ...limits[kind].elsewhere }) : undefined);
      if (wait !== undefined) {
        // A mail is asked for and nothing guessed at.
        if (kind !== "mail") guesses.refused(methods[kind], email, recordedRequest(request));
        void reply.header("retry-after", wait);
        throw new GatewayError("SIGN_IN_PAUSED");
      }
      return {
        succeeded: async () => {
          await store.clear(here);
          if (known === undefined) await store.giveBack(elsewhere);
          device.remember(request, reply, email);
        },
      };
    },
    forgive: async (email, request, reply) => {
      for (const kind of ["password", "code"] as const) {
        const { here, elsewhere } = keys(kind, email, request);
        await store.clear(here);
        await store.clear(elsewhere);
      }
      device.remember(request, reply, email);
    },
  };
}
