import { openAuditSigner } from "../../src/adapters/audit-signer.ts";
import type { AuditSigner } from "../../src/deps/audit-signer.ts";
import { ownKey } from "./key-set.ts";

/** Opens what signs exports; undefined when there is no key here. */
export type OpenSealKey = () => Promise<AuditSigner | undefined>;

/** The key that the gateway's variables name. */
export const openOwnSealKey: OpenSealKey = async () => {
  const place = ownKey(process.env);
  return place && openAuditSigner(place);
};
