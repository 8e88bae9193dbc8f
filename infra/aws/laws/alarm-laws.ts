import { z } from "zod";
import { type Law, ofType } from "./law.ts";

/** What must be watched: of a host, and of a platform. */
export const watchedOfHost = [
  ...["denials-spike", "decision-point-down", "audit-lag", "server-errors", "unhealthy-hosts", "no-running-tasks"],
  ...["audit-refused", "audit-not-written", "audit-not-signed", "audit-chain-lost", "defect"],
  ...["tool-changed", "archive-delivery", "archive-late"],
];
export const watchedOfPlatform = ["load-balancer-5xx", "certificate"];
export const watchedOfDatabase = ["database-capacity", "database-silent"];

/** Every alarm tells somebody when it begins and when it ends. */
export const alarmsReachSomebody: Law = (stack) => {
  const topics = ofType(stack, "aws:sns/topic:Topic", {}).map(
    ({ name }) => `arn:aws:sns:eu-central-1:123456789012:${name}`,
  );
  const subscribed = ofType(stack, "aws:sns/topicSubscription:TopicSubscription", { topic: z.string() });
  // A host on a shared platform may tell whom the platform tells.
  const reached = [...topics, "arn:aws:sns:eu-central-1:123456789012:shared-alarms"];
  return [
    ...topics.filter((arn) => !subscribed.some(({ topic }) => topic === arn)).map((arn) => `nobody listens to ${arn}`),
    ...ofType(stack, "aws:cloudwatch/metricAlarm:MetricAlarm", {
      alarmActions: z.array(z.string()).default([]),
      okActions: z.array(z.string()).default([]),
      actionsEnabled: z.boolean().optional(),
      alarmDescription: z.string().min(20),
    })
      .filter(
        ({ alarmActions, okActions, actionsEnabled }) =>
          actionsEnabled === false ||
          alarmActions.length !== 1 ||
          ![...alarmActions, ...okActions].every((arn) => reached.includes(arn)),
      )
      .map(({ name }) => `${name} tells nobody`),
  ];
};

/** Everything that must be watched is. */
export const watched: Law = (stack) => {
  const names = ofType(stack, "aws:cloudwatch/metricAlarm:MetricAlarm", {}).map(({ name }) => name);
  const has = (component: string) => stack.all.some(({ type }) => type === `permit-mcp-gateway:aws:${component}`);
  const expected = [
    ...(has("GatewayService") ? watchedOfHost : []),
    ...(has("Platform") ? watchedOfPlatform : []),
    ...(has("Database") ? watchedOfDatabase : []),
  ];
  return expected
    .filter((label) => !names.some((name) => name.endsWith(`-${label}`)))
    .map((label) => `nothing watches ${label}`);
};
