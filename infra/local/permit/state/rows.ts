/** The rows of one environment. They refer to each other by key: keys never change, and Permit's answers show keys. */
import type { Row } from "./table.ts";

/** JSON object that Permit stores and returns without looking into it. */
export type Attributes = Readonly<Record<string, unknown>>;

interface Stamped extends Row {
  /** RFC 3339 with offset. */
  readonly created_at: string;
  readonly updated_at: string;
}

interface Described {
  readonly name: string;
  readonly description: string | null;
}

/** Types that attributes of instances, users and tenants can be declared with. */
export const attributeTypes = ["bool", "number", "string", "time", "array", "json", "object", "object_array"] as const;
export type AttributeType = (typeof attributeTypes)[number];

export interface AttributeBlock extends Stamped {
  readonly key: string;
  readonly type: AttributeType;
  readonly description: string | null;
}

/** A resource type. Its actions, roles and relations are rows of their own. */
export interface ResourceRow extends Stamped, Described {
  readonly key: string;
  readonly urn: string | null;
  readonly type_attributes: Attributes | null;
  readonly attributes: readonly AttributeBlock[];
}

export interface ActionRow extends Stamped, Described {
  readonly resource: string;
  readonly key: string;
  readonly attributes: Attributes | null;
}

/** Actions of one type under one name. It gives nothing by itself: roles name actions. */
export interface ActionGroupRow extends Stamped, Described {
  readonly resource: string;
  readonly key: string;
  readonly attributes: Attributes | null;
  /** Keys of actions of the type. */
  readonly actions: readonly string[];
}

/** A relation is declared on the type of its objects. */
export interface RelationRow extends Stamped, Described {
  /** Type of the objects. */
  readonly resource: string;
  readonly key: string;
  readonly subject_resource: string;
}

/** "Whoever has `role` on an instance of `on_resource` in this relation to an instance has the derived role there." */
export interface DerivationRule {
  readonly role: string;
  readonly on_resource: string;
  readonly linked_by_relation: string;
  /** Switched off where the user has any direct role on the object. */
  readonly no_direct_roles_on_object: boolean;
}

export interface Derivation {
  readonly id: string;
  readonly no_direct_roles_on_object: boolean;
  readonly rules: readonly DerivationRule[];
}

export interface RoleRow extends Stamped, Described {
  /** The type whose instances it is given on; null for a tenant-level role. */
  readonly resource: string | null;
  readonly key: string;
  /** Without inherited ones. Action keys for a role of a type, `type:action` for a tenant-level role. */
  readonly permissions: readonly string[];
  readonly extends: readonly string[];
  readonly attributes: Attributes | null;
  readonly granted_to: Derivation | null;
}

export interface TenantRow extends Stamped, Described {
  readonly key: string;
  readonly attributes: Attributes | null;
}

export interface UserRow extends Stamped {
  readonly key: string;
  readonly email: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly attributes: Attributes;
}

/** A user who was added to a tenant, with or without roles there. */
export interface MembershipRow extends Stamped {
  readonly user: string;
  readonly tenant: string;
}

export interface InstanceRow extends Stamped {
  readonly resource: string;
  readonly key: string;
  readonly tenant: string;
  readonly attributes: Attributes;
}

/** A role of a user in a tenant or, when `resource_instance` is given, on that instance of the tenant. */
export interface AssignmentRow extends Row {
  readonly user: string;
  readonly role: string;
  readonly tenant: string;
  /** `type:key`. */
  readonly resource_instance: string | null;
  readonly created_at: string;
}

/** Both ends are `type:key` of instances of one tenant. */
export interface TupleRow extends Stamped {
  readonly subject: string;
  readonly relation: string;
  readonly object: string;
  readonly tenant: string;
}
