import { expect, test } from "vitest";
import { redirectUriKind } from "./redirect-uri-kind.ts";

test.each([
  ["https://client.example.com/callback", "https"],
  ["https://client.example.com:8443/callback?fixed=1", "https"],
  ["http://localhost:3000/callback", "loopback"],
  ["http://127.0.0.1/callback", "loopback"],
  ["http://[::1]:8080/", "loopback"],
  ["cursor://anysphere.cursor-mcp/oauth/callback", "private-scheme"],
  ["vscode://vendor.extension/callback", "private-scheme"],
  ["com.example.app:/callback", "private-scheme"],
  ["http://client.example.com/callback", "forbidden"],
  ["http://localhost.example.com/", "forbidden"],
  ["http://localhost./", "forbidden"],
  ["http://127.0.0.2/", "forbidden"],
  ["http://2130706433.example.com/", "forbidden"],
  ["https://localhost/callback", "forbidden"],
  ["https://user@client.example.com/", "forbidden"],
  ["http://127.0.0.1@client.example.com/", "forbidden"],
  ["https://client.example.com/#", "forbidden"],
  ["https:\\\\client.example.com/", "forbidden"],
  ["java\tscript://client.example.com/", "forbidden"],
  ["\u0001javascript:alert(1)", "forbidden"],
  ["javascript://client.example.com/%0aalert(1)", "forbidden"],
  ["JavaScript:alert(1)", "forbidden"],
  ["data:text/html,x", "forbidden"],
  ["file:///etc/passwd", "forbidden"],
  ["ms-msdt:/id", "forbidden"],
  ["search-ms://query", "forbidden"],
  ["chrome-extension://abc/page", "forbidden"],
  ["cursor:callback", "forbidden"],
  ["cursor:///callback", "forbidden"],
  ["/callback", "forbidden"],
  ["", "forbidden"],
  [`https://client.example.com/${"a".repeat(2000)}`, "forbidden"],
] as const)("%j is %s", (uri, kind) => {
  expect(redirectUriKind(uri)).toBe(kind);
});
