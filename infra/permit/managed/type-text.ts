import type { ResourceTypePlan, ToolAttributes } from "@permit-mcp-gateway/policies";
import type { ActualResourceType } from "../resource-type-read.ts";
import { mapValues } from "../resource-type-request.ts";
import { plain } from "./plain.ts";
import { inOrder } from "./trust-order.ts";

/** An action, and the roles that allow it: `medium, high`. */
export interface ActionText {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly allowedTo: string;
}

/** A resource type in a preview's words. */
export interface TypeText {
  readonly name: string;
  readonly actions: Readonly<Record<string, ActionText>>;
  /** Role -> `assigned`, or who has it without being assigned: `user_profile#owner@low, …`. */
  readonly roles: Readonly<Record<string, string>>;
  /** Relation -> resource type of its subjects. */
  readonly relations: Readonly<Record<string, string>>;
}

const assigned = "assigned";
const separator = ", ";

/** Writes a type so that nothing is lost: what differs in Permit differs here. */
export function typeText(type: ActualResourceType): TypeText {
  const permissions = mapValues(type.roles, (role) => new Set(role.permissions));
  return {
    name: type.name,
    actions: mapValues(type.actions, ({ name, attributes }, action) => ({
      name,
      ...(attributes === null ? {} : { attributes: plain(attributes) as Readonly<Record<string, unknown>> }),
      allowedTo: inOrder(Object.keys(type.roles).filter((role) => permissions[role]?.has(action))).join(separator),
    })),
    roles: mapValues(type.roles, ({ grantedTo }) =>
      grantedTo.length === 0
        ? assigned
        : grantedTo
            .map(({ role, onResource, relation }) => `${onResource}#${role}@${relation}`)
            .toSorted()
            .join(separator),
    ),
    relations: { ...type.relations },
  };
}

function toRules(text: string) {
  if (text === assigned) return [];
  return text.split(separator).map((rule) => {
    const [, onResource = "", role = "", relation = ""] = /^([^#]*)#([^@]*)@(.*)$/.exec(rule) ?? [];
    return { role, onResource, relation };
  });
}

/** The type that `typeText` wrote. */
export function fromTypeText(key: string, text: TypeText): ResourceTypePlan {
  return {
    kind: "resource-type",
    key,
    name: text.name,
    actions: mapValues(text.actions, ({ name, attributes }) => ({
      name,
      // Only what a plan said is read back from here.
      attributes: (attributes as ToolAttributes | undefined) ?? null,
    })),
    roles: mapValues(text.roles, (rules, role) => ({
      permissions: Object.keys(text.actions)
        .filter((action) => text.actions[action]?.allowedTo.split(separator).includes(role))
        .toSorted(),
      grantedTo: toRules(rules),
    })),
    relations: { ...text.relations },
  };
}
