import { GatewayError } from "../errors.ts";
import type { KeyWrapping } from "./key-wrapping.ts";

async function refuse(): Promise<never> {
  throw new GatewayError("UPSTREAM_SIGN_IN_FAILED", {
    sentence:
      "The gateway has no key to encrypt sign-ins at MCP servers with, and keeps none in the clear. Ask an admin to set DATA_KEY_KMS_ARN or DATA_KEY_FILE.",
  });
}

/** Without a key nothing is stored that needs one. */
export const noKeyWrapping: KeyWrapping = { generate: refuse, unwrap: refuse, close: () => undefined };
