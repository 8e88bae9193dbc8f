import { GatewayError } from "../../errors.ts";
import type { WithMessage } from "../exchange.ts";
import { isPassedOn } from "../methods.ts";

/** The method is one that the gateway knows the meaning of. */
export function checkMethod({ message }: WithMessage): object {
  if (!isPassedOn(message)) throw new GatewayError("METHOD_NOT_ALLOWED");
  return {};
}
