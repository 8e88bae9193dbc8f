import type { GrantView, Level } from "../../../src/consent/contract.ts";
import { levelWords, lowerOf, reaches } from "../levels.ts";
import { clientNameOf } from "../plain-text.ts";
import { Moment } from "./moment.tsx";
import { ToolList } from "./tool-list.tsx";

interface AgentCardProps {
  readonly grant: GrantView;
  readonly onLower: () => void;
  readonly onRevoke: () => void;
}

/** One consent: which program, which server, what it may do, since when. */
export function AgentCard({ grant, onLower, onRevoke }: AgentCardProps) {
  const client = clientNameOf(grant.client);
  const { server, level, ceiling, together } = grant;
  return (
    <li className="card agent">
      <h2>
        <bdi>{client}</bdi>
      </h2>
      <dl className="facts facts-columns">
        <div>
          <dt>Server</dt>
          <dd>{server.name}</dd>
        </div>
        <div>
          <dt>Level</dt>
          <dd>
            {levelWords[level].name} ({level})
          </dd>
        </div>
        {together.length === 0 ? null : (
          <div>
            <dt>Together with</dt>
            <dd>{together.join(", ")}</dd>
          </div>
        )}
        <div>
          <dt>Since</dt>
          <dd>
            <Moment iso={grant.createdAt} />
          </dd>
        </div>
        <div>
          <dt>Last used</dt>
          <dd>
            {grant.lastUsedAt === grant.createdAt ? "Not since you connected it" : <Moment iso={grant.lastUsedAt} />}
          </dd>
        </div>
        <div>
          <dt>Ends</dt>
          <dd>
            <Moment iso={grant.endsAt} />
          </dd>
        </div>
      </dl>
      <Reach grant={grant} />
      <div className="actions agent-actions">
        {level === "low" || ceiling === null ? null : (
          <button type="button" className="button" aria-label={`Lower ${client} on ${server.name}`} onClick={onLower}>
            Lower
          </button>
        )}
        <a
          className="button"
          href={`/api/grants/${encodeURIComponent(grant.id)}/receipt`}
          download
          aria-label={`Receipt of ${client} on ${server.name}`}
        >
          Receipt
        </a>
        <button
          type="button"
          className="button button-danger"
          aria-label={`Revoke ${client} on ${server.name}`}
          onClick={onRevoke}
        >
          Revoke
        </button>
      </div>
    </li>
  );
}

/** What the agent can do today: what was consented to, within what the policy allows. */
function Reach({ grant: { server, level, ceiling, tools } }: { readonly grant: GrantView }) {
  if (ceiling === null) {
    return (
      <p className="agent-limit">
        It can do nothing at the moment: the policy gives you no access to {server.name} any more.
      </p>
    );
  }
  const effective: Level = ceiling === undefined ? level : lowerOf(level, ceiling);
  const allowed = tools.filter((tool) => reaches(effective, tool.trust)).length;
  return (
    <div className="agent-reach">
      {effective === level ? null : (
        <p className="agent-limit">
          The policy has lowered your limit on {server.name}, so it has {levelWords[effective].name} ({effective}) only.
        </p>
      )}
      <details>
        <summary>
          {allowed} of {tools.length} {tools.length === 1 ? "tool" : "tools"} allowed
        </summary>
        <ToolList tools={tools} level={effective} />
      </details>
    </div>
  );
}
