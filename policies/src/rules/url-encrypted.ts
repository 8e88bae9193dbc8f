import type { Rule } from "./rule.ts";

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Over plain http whoever is on the way reads the calls and the tokens that go with them. */
export const urlEncrypted: Rule = {
  id: "url-encrypted",
  *check({ servers }) {
    for (const { content } of servers) {
      const url = content?.value.url;
      if (content === undefined || url?.startsWith("http:") !== true) continue;
      if (loopback.test(new URL(url).hostname)) continue;
      yield {
        at: content.positionOf(["url"]),
        message: "Calls and tokens go to this server unencrypted.",
        hint: "use https, unless the network between gateway and server is trusted",
      };
    }
  },
};
