import { didYouMean, listed } from "../did-you-mean.ts";
import { dynamicTools } from "../dynamic-servers.ts";
import { expectations } from "../schema/test-file.ts";
import { type Rule, serverKeysOf } from "./rule.ts";

/** A `cannot` of a misspelt tool or server would pass for the wrong reason: what is not there is refused. */
export const testToolKnown: Rule = {
  id: "test-tool-known",
  *check(files) {
    const { tests, servers } = files;
    const keys = serverKeysOf(files);
    for (const { source, value } of tests) {
      for (const [index, test] of value.tests.entries()) {
        if (!keys.includes(test.server)) {
          yield {
            at: source.positionOf(["tests", index, "server"]),
            message: `The host has no server ${JSON.stringify(test.server)}.`,
            hint: didYouMean(test.server, keys, `the servers are ${listed(keys)}`),
          };
        }
        const server = servers.find(({ key }) => key === test.server);
        const tools = server === undefined && keys.includes(test.server) ? dynamicTools : server?.content?.value.tools;
        if (tools === undefined) continue;
        const names = Object.keys(tools);
        for (const list of expectations) {
          for (const [at, tool] of test[list].entries()) {
            if (names.includes(tool)) continue;
            yield {
              at: source.positionOf(["tests", index, list, at]),
              message: `The server ${JSON.stringify(test.server)} has no tool ${JSON.stringify(tool)}.`,
              hint: didYouMean(tool, names, `the tools are ${listed(names)}`),
            };
          }
        }
      }
    }
  },
};
