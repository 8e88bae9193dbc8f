export { type ApplyResult, applyPlan, readEnvironmentKey } from "./apply.ts";
export {
  connectOrganization,
  type EnvironmentClient,
  type EnvironmentRef,
  type OrganizationClient,
} from "./client.ts";
export type { PermitConnection } from "./http.ts";
export {
  checkManaged,
  createManaged,
  deleteManaged,
  diffManaged,
  type ManagedObject,
  type ManagedState,
  readManaged,
  updateManaged,
} from "./managed-object.ts";
export { PermitRequestError } from "./request-error.ts";
