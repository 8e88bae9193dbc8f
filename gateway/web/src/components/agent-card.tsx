import type { GrantView } from "../../../src/consent/contract.ts";
import { levelWords } from "../levels.ts";
import { clientNameOf } from "../plain-text.ts";
import { Moment } from "./moment.tsx";

/** One consent: which program, which server, how much, since when. */
export function AgentCard({ grant, onRevoke }: { readonly grant: GrantView; readonly onRevoke: () => void }) {
  const client = clientNameOf(grant.client);
  return (
    <li className="card agent">
      <h2>
        <bdi>{client}</bdi>
      </h2>
      <dl className="facts facts-columns">
        <div>
          <dt>Server</dt>
          <dd>{grant.server}</dd>
        </div>
        <div>
          <dt>Level</dt>
          <dd>
            {levelWords[grant.level].name} ({grant.level})
          </dd>
        </div>
        <div>
          <dt>Since</dt>
          <dd>
            <Moment iso={grant.createdAt} />
          </dd>
        </div>
        <div>
          <dt>Last used</dt>
          <dd>
            <Moment iso={grant.lastUsedAt} />
          </dd>
        </div>
        <div>
          <dt>Ends</dt>
          <dd>
            <Moment iso={grant.endsAt} />
          </dd>
        </div>
      </dl>
      <div className="actions">
        <button
          type="button"
          className="button button-danger"
          aria-label={`Revoke ${client} on ${grant.server}`}
          onClick={onRevoke}
        >
          Revoke
        </button>
      </div>
    </li>
  );
}
