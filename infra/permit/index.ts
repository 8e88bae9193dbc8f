export { type ApplyResult, applyPlan, readEnvironmentKey } from "./apply.ts";
export {
  connectOrganization,
  type EnvironmentClient,
  type EnvironmentRef,
  type OrganizationClient,
} from "./client.ts";
export type { PermitConnection } from "./http.ts";
export { type PolicyRecordInputs, policyRecord } from "./managed/policy-record.ts";
export { type InnerInputs, type ManagedInputs, managedResources } from "./managed/resources.ts";
export {
  checkManaged,
  createManaged,
  deleteManaged,
  diffManaged,
  type ManagedState,
  managedId,
  readManaged,
  updateManaged,
} from "./managed-object.ts";
export { type ProviderSettings, providerSettings } from "./provider-settings.ts";
export { exceededQuotas, type PermitPlanName, permitPlans, quotaNeeds } from "./quotas.ts";
export { PermitRequestError } from "./request-error.ts";
