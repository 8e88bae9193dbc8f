import { paragraph, type Section, tableOr } from "./document.ts";
import type { ReportData } from "./report-data.ts";
import { andMore, counted, moment, orNone } from "./words.ts";

const digest = (hexadecimal: string) => hexadecimal.slice(0, 12);
const query = (event: string) => `npm run audit -- export --event ${event}`;

/** What changed beside consents. */
export function changesSection({ tally: { changes } }: ReportData): Section {
  const { policies, drift, servers, refusedSignIns, refusedSignInCount, accounts } = changes;
  return {
    heading: "Changes",
    blocks: [],
    sections: [
      {
        heading: "Policies in force",
        blocks: [
          tableOr(
            "No replica took up other settings.",
            "Settings that came into force",
            ["Since (UTC)", "Digest", "Replicas"],
            policies.items.map(({ since, digest: whole, replicas }) => [moment(since), whole, replicas]),
          ),
          ...andMore(policies.more, query("policy_refreshed")),
        ],
      },
      {
        heading: "Tools that changed",
        blocks: [
          tableOr(
            "Every tool was what was reviewed.",
            "Tools that were not what was reviewed any more, or were again",
            ["Time (UTC)", "Server", "Tool", "What", "Reviewed", "Seen", "Reviewer", "Seen by"],
            drift.items.map(({ time, server, tool, decision, reviewed, seen, reviewer, human }) => [
              ...[moment(time), server, tool, decision === "deny" ? "changed" : "restored"],
              ...[digest(reviewed), digest(seen), reviewer, human],
            ]),
          ),
          ...andMore(drift.more, query("tool_drift")),
        ],
      },
      {
        heading: "Servers entered by humans",
        blocks: [
          tableOr(
            "No human entered a server, or forgot one.",
            "MCP servers that humans connected by URL, were refused, or forgot",
            ["Time (UTC)", "Human", "Address", "Server", "Code"],
            servers.items.map(({ time, human, address, server, code }) => [
              ...[moment(time), human, address, orNone(server), code],
            ]),
          ),
          ...andMore(servers.more, query("dynamic_server")),
        ],
      },
      {
        heading: "Sign-ins refused",
        blocks: [
          ...(refusedSignInCount === 0
            ? []
            : [paragraph(`${counted(refusedSignInCount, "sign-in")} of humans who had proven who they are.`)]),
          tableOr(
            "None was refused.",
            "Sign-ins that were refused",
            ["Human", "Method", "Code", "Last (UTC)", "Number"],
            refusedSignIns.items.map(({ human, method, code, last, count }) => [
              ...[human, orNone(method), code, moment(last)],
              count,
            ]),
          ),
          ...andMore(refusedSignIns.more, query("sign_in")),
        ],
      },
      {
        heading: "Accounts",
        blocks: [
          tableOr(
            "No account was changed.",
            "Changes of humans' accounts and of what opens them",
            ["Change", "Decision", "Humans", "Number"],
            accounts.map(({ change, decision, humans, count }) => [change, decision, humans, count]),
          ),
        ],
      },
    ],
  };
}
