export { dayOf } from "./day-of.ts";
export * from "./decide.ts";
export { canonicalEmail, isEmail } from "./email.ts";
export * from "./host-settings.ts";
export { toolDigest } from "./lock.ts";
export * from "./model.ts";
export * from "./permit-keys.ts";
export * from "./plan.ts";
export * from "./trust.ts";
