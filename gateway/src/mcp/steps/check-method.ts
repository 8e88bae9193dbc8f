import { GatewayError } from "../../errors.ts";
import type { WithMessage, WithServer } from "../exchange.ts";
import { isPassedOn } from "../methods.ts";

/** The method is one that the gateway knows the meaning of, or that the policy names. */
export function checkMethod({ message, server }: WithMessage & WithServer): object {
  if (!isPassedOn(message, server.methods)) throw new GatewayError("METHOD_NOT_ALLOWED");
  return {};
}
