/** Which class and activity of OCSF an event is. Why: `gateway/AUDIT-EVENTS.md`. */

/** What `category_uid`, `class_uid`, `activity_id` and `type_uid` say together. */
export interface Activity {
  readonly category_uid: number;
  readonly class_uid: number;
  readonly activity_id: number;
  /** Only where the schema has no activity of its own: `activity_id` is 99 then. */
  readonly activity_name: string | undefined;
  readonly type_uid: number;
}

/** `class_uid` of the classes that are used. */
export const classUids = {
  eventLogActivity: 1008,
  accountChange: 3001,
  authentication: 3002,
  entityManagement: 3004,
  userAccessManagement: 3005,
  apiActivity: 6003,
} as const;

/** `activity_id` of what is not known. */
export const unknownActivity = 0;
const otherActivity = 99;

function activity(class_uid: number, activity_id: number, activity_name?: string): Activity {
  const category_uid = Math.floor(class_uid / 1000);
  return Object.freeze({
    category_uid,
    class_uid,
    activity_id,
    activity_name,
    type_uid: class_uid * 100 + activity_id,
  });
}

const { eventLogActivity, accountChange, authentication, entityManagement, userAccessManagement, apiActivity } =
  classUids;

export const activities = {
  call: activity(apiActivity, otherActivity, "Call"),
  result: activity(apiActivity, otherActivity, "Call Result"),
  unreadRequest: activity(apiActivity, unknownActivity),
  openSession: activity(apiActivity, 1),
  endSession: activity(apiActivity, 4),
  logon: activity(authentication, 1),
  logoff: activity(authentication, 2),
  createAccount: activity(accountChange, 1),
  changePassword: activity(accountChange, 3),
  resetPassword: activity(accountChange, 4),
  enableFactor: activity(accountChange, 10),
  disableFactor: activity(accountChange, 11),
  connectUpstream: activity(accountChange, otherActivity, "Connect Upstream Account"),
  disconnectUpstream: activity(accountChange, otherActivity, "Disconnect Upstream Account"),
  assignPrivileges: activity(userAccessManagement, 1),
  revokePrivileges: activity(userAccessManagement, 2),
  lowerPrivileges: activity(userAccessManagement, otherActivity, "Lower Privileges"),
  createServer: activity(entityManagement, 1),
  deleteServer: activity(entityManagement, 4),
  activateEntity: activity(entityManagement, 10),
  deactivateTool: activity(entityManagement, 11),
  startLog: activity(eventLogActivity, 6),
  stopLog: activity(eventLogActivity, 7),
  deleteLog: activity(eventLogActivity, 2),
  checkpointLog: activity(eventLogActivity, otherActivity, "Checkpoint"),
  abandonLog: activity(eventLogActivity, otherActivity, "Abandon"),
} as const;
