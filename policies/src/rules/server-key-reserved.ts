import { dynamicServersKey, gatewayHostType, isDynamicServerKey, userProfileType } from "../permit-keys.ts";
import { fileStart, type Rule } from "./rule.ts";

// A server of this key would merge with a type that carries consents or admin rights. Compared in lower case, because
// people and some file systems don't tell the cases apart.
const reserved: readonly string[] = [userProfileType, gatewayHostType, dynamicServersKey];

/**
 * Resource types of the gateway (`user_profile`, `gateway_host`, `dynamic_mcp`) and of Permit (`__user`, `__tenant`, ...),
 * and keys that the gateway gives to servers that humans enter.
 */
export const serverKeyReserved: Rule = {
  id: "server-key-reserved",
  *check({ servers }) {
    for (const { key, file } of servers) {
      const lower = key.toLowerCase();
      if (!reserved.includes(lower) && !isDynamicServerKey(lower) && !key.startsWith("__")) continue;
      yield {
        at: fileStart(file),
        message: `The server key ${JSON.stringify(key)} is reserved.`,
        hint: `choose another file name; ${reserved.join(", ")} and names that begin with __ are taken`,
      };
    }
  },
};
