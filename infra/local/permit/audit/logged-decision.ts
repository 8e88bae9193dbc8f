/** One answered question. What the question does not name is undefined. */
export interface LoggedDecision {
  readonly id: string;
  /** RFC 3339 with offset. */
  readonly timestamp: string;
  /** `AuditLogQueryType` of the API description. */
  readonly query: "check" | "get_user_permissions" | "get_authorized_users";
  readonly user: string | undefined;
  readonly action: string | undefined;
  readonly type: string | undefined;
  readonly key: string | undefined;
  readonly tenant: string | undefined;
  /** Of a check its answer; of the other questions whether anything was found. */
  readonly allow: boolean;
  readonly reason: string | undefined;
  /** The question as it was asked: any JSON object. */
  readonly input: object;
}
