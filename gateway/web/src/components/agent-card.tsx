import type { GrantView } from "../../../src/consent/contract.ts";
import { levelWords } from "../levels.ts";
import { clientNameOf } from "../plain-text.ts";

const dateFormat = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

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

function Moment({ iso }: { readonly iso: string }) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "unknown" : <time dateTime={iso}>{dateFormat.format(date)}</time>;
}
