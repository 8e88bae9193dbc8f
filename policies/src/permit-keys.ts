import { canonicalEmail } from "./email.ts";
import type { TrustLevel } from "./trust.ts";

/** The only tenant a host uses. */
export const defaultTenant = "default";
/** Resource type of a human's profile: consents are roles on it, ceilings relations from it. */
export const userProfileType = "user_profile";
/** Resource type whose one instance carries the host's settings. */
export const gatewayHostType = "gateway_host";
/**
 * Resource type and instance of the servers that humans enter by URL: ceilings and consents on all of them are on this one,
 * because the gateway makes no types while it runs. No server file can have this key.
 */
export const dynamicServersKey = "dynamic_mcp";
/** Action of entering such a server; the three others are the trust levels. */
export const connectDynamicAction = "connect_dynamic_mcp";
/** Role of a human on their own profile, and of nobody else. */
export const ownerRole = "owner";
/** Roles of humans on the `gateway_host` instance, and the one action that each allows. */
export const hostRoles = {
  admin: { action: "administer", name: "Administer" },
  approver: { action: "approve", name: "Approve calls" },
  auditor: { action: "audit", name: "Read the audit log" },
} as const;

/**
 * Writes any text in the characters Permit allows in keys (`^[A-Za-z0-9\-_]+$`): letters, digits and `-` stay,
 * every other UTF-8 byte, `_` included, becomes `_` and two hex digits. Reversible, so two texts never share a key:
 * one shared key would give one agent the consents of another. Throws a TypeError on a lone surrogate.
 */
export function permitKey(text: string): string {
  // A lone surrogate would be replaced on the way to UTF-8, and two such texts would share a key.
  if (!text.isWellFormed()) throw new TypeError("A Permit key can only be made of well-formed Unicode text.");
  // As Latin-1 each byte is one character.
  const bytes = Buffer.from(text, "utf8").toString("latin1");
  return bytes.replaceAll(/[^A-Za-z0-9-]/g, (byte) => `_${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** The text that `permitKey` was given. */
export function fromPermitKey(key: string): string {
  const bytes = key.replaceAll(/_([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Permit user of a human. `email` is compared as `canonicalEmail` writes it. */
export function humanKey(email: string): string {
  return `human|${permitKey(canonicalEmail(email))}`;
}

/**
 * Permit user of an agent: one OAuth client acting for one human. Both are in the key because client ids are shared
 * (a Client ID Metadata Document is one URL for all installs): with the client id alone, Bob's consent would serve Alice.
 */
export function agentKey(clientId: string, email: string): string {
  return `agent|${permitKey(clientId)}|${permitKey(canonicalEmail(email))}`;
}

/** Key of the `user_profile` instance of a human. */
export function profileKey(email: string): string {
  return permitKey(canonicalEmail(email));
}

/** `type:key`, the way Permit writes a resource instance. */
export function instanceRef(type: string, key: string): string {
  return `${type}:${key}`;
}

/** Instance of a human's profile, as `type:key`. */
export function profileRef(email: string): string {
  return instanceRef(userProfileType, profileKey(email));
}

/** Instance of a server, as `type:key`: its resource type and its one instance share the key. */
export function serverRef(server: string): string {
  return instanceRef(server, server);
}

const dynamicServerForm = /^dynamic-[0-9a-f]{16}$/;

/** True for the key of a server that a human has entered by URL. No server file can have one. */
export function isDynamicServerKey(server: string): boolean {
  return dynamicServerForm.test(server);
}

/** The server in Permit that decides on a server of the gateway: itself, or the one that stands for all dynamic ones. */
export function permitServerOf(server: string): string {
  return isDynamicServerKey(server) ? dynamicServersKey : server;
}

/** The role on a human's profile that says: this agent may act on `server` up to `level`. */
export function consentRole(server: string, level: TrustLevel): string {
  return `${server}-${level}`;
}

/**
 * Permit action key of a tool: lower case, every run of other characters than letters and digits one `_`. Not
 * injective on purpose: names that look alike must not be two tools with two trusts, so the loader refuses a server
 * whose tools collide. Empty when the name has no ASCII letter or digit, which the loader refuses too.
 */
export function toolActionKey(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
}
