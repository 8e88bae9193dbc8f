export * from "./decide.ts";
export { canonicalEmail, isEmail } from "./email.ts";
export * from "./host-settings.ts";
export * from "./model.ts";
export * from "./permit-keys.ts";
export * from "./plan.ts";
export * from "./trust.ts";
