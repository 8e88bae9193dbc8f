import { fromPermitKey, permitKey } from "@permit-mcp-gateway/policies";

/**
 * The e-mail address in the key of a human's user (`human|{key}`) or profile (`user_profile:{key}`), for a preview. What
 * no policy can have written stays as it is: a key made by hand must not pass for a human, nor for `__proto__`.
 */
export function humanName(ref: string, prefix: string): string {
  if (!ref.startsWith(prefix)) return ref;
  const key = ref.slice(prefix.length);
  const email = fromPermitKey(key);
  return email.includes("@") && permitKey(email) === key ? email : ref;
}
