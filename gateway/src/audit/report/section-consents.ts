import { type Block, paragraph, type Section, tableOr } from "./document.ts";
import type { ReportData } from "./report-data.ts";
import type { ConsentChange } from "./tally-consents.ts";
import { agentName, andMore, moment, orNone } from "./words.ts";

const changeHead = ["Time (UTC)", "Human", "Agent", "Server", "Level", "Grant"] as const;
const changeCells = ({ time, human, agent, server, level, grantId }: ConsentChange) => [
  moment(time),
  human,
  agentName(agent.name, agent.clientId),
  orNone(server),
  orNone(level),
  orNone(grantId),
];

const query = (event: string) => `npm run audit -- export --event ${event}`;

function standing({ to, standing: { items, more } }: ReportData): Section {
  return {
    heading: "Grants at the end of the period",
    blocks: [
      tableOr(
        "No agent had a grant.",
        `Grants that humans had given and that had not ended at ${moment(to)} UTC`,
        ["Human", "Agent", "Server", "Level", "Given (UTC)", "Ends (UTC)", "Last used (UTC)", "Grant", "Receipt"],
        items.map((grant) => [
          ...[grant.human, agentName(grant.clientName, grant.clientId), grant.server, grant.level],
          ...[grant.createdAt, grant.expiresAt, grant.lastUsedAt].map(moment),
          ...[grant.id, orNone(grant.receiptId)],
        ]),
      ),
      ...(more === 0 ? [] : [paragraph(`And ${more.toLocaleString("en-US")} more.`)]),
      ...(items.length === 0
        ? []
        : [
            paragraph(
              "When a grant was last used is as of the making of this report. What the policy has ended sooner, for want of use or of a ceiling, is still listed.",
            ),
          ]),
    ],
  };
}

const counts = (nothing: string, name: string, head: string, rows: readonly (readonly [string, number])[]): Block =>
  tableOr(
    nothing,
    name,
    [head, "Number"],
    rows.toSorted(([, a], [, b]) => b - a),
  );

/** Grants and what became of consents. */
export function consentsSection(data: ReportData): Section {
  const { given, lowered, ended, endedByCause, refusedByCode } = data.tally.consents;
  const withReceipt = [...changeHead, "Receipt"];
  return {
    heading: "Consents",
    blocks: [],
    sections: [
      standing(data),
      {
        heading: "Given",
        blocks: [
          tableOr(
            "None was given.",
            "Consents that were given",
            withReceipt,
            given.items.map((change) => [...changeCells(change), orNone(change.receiptId)]),
          ),
          ...andMore(given.more, query("consent")),
          ...(refusedByCode.length === 0
            ? []
            : [
                counts(
                  "",
                  "Consents that were not given",
                  "Code",
                  refusedByCode.map(({ code, count }) => [code, count]),
                ),
              ]),
        ],
      },
      {
        heading: "Lowered",
        blocks: [
          tableOr(
            "None was lowered.",
            "Consents that were lowered, with their new level",
            withReceipt,
            lowered.items.map((change) => [...changeCells(change), orNone(change.receiptId)]),
          ),
          ...andMore(lowered.more, query("consent_lowered")),
        ],
      },
      {
        heading: "Ended",
        blocks: [
          ...(ended.items.length === 0
            ? []
            : [
                counts(
                  "",
                  "Consents that ended, by cause",
                  "Cause",
                  endedByCause.map(({ cause, count }) => [cause, count]),
                ),
              ]),
          tableOr(
            "None ended before its time.",
            "Consents that ended before their time",
            [...changeHead, "Cause"],
            ended.items.map((change) => [...changeCells(change), change.code]),
          ),
          ...andMore(ended.more, query("consent_ended")),
        ],
      },
    ],
  };
}
