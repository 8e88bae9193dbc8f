import { useState } from "react";
import type { EnteredServerView } from "../../../src/consent/contract.ts";
import { forgetServer, loadEnteredServers } from "../api.ts";
import { plainText } from "../plain-text.ts";
import { useLoaded } from "../use-loaded.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { LoadFailed } from "./load-state.tsx";
import { Moment } from "./moment.tsx";

interface OwnServersProps {
  /** A server is gone, and its agents with it. */
  readonly onForgotten: (server: EnteredServerView) => void;
}

/** The servers that the human has connected by URL. Nothing at all for whoever has none. */
export function OwnServers({ onForgotten }: OwnServersProps) {
  const { loaded, reload } = useLoaded(loadEnteredServers);
  const [asking, setAsking] = useState<EnteredServerView>();
  if (loaded.state === "loading") return null;
  if (loaded.state === "failed") return <LoadFailed error={loaded.error} onRetry={reload} />;
  if (loaded.value.length === 0) return null;
  return (
    <section className="own-servers" aria-labelledby="own-servers">
      <h2 id="own-servers">Servers of your own</h2>
      <p className="hint">You connected these by their address. No admin has reviewed them.</p>
      <ul className="agents">
        {loaded.value.map((server) => (
          <li key={server.key} className="card">
            <p className="fact-id">{plainText(server.url, 500)}</p>
            <p className="hint">
              Since <Moment iso={server.createdAt} />. {agentsText(server)}
            </p>
            <div className="actions">
              <button
                type="button"
                className="button button-danger"
                aria-label={`Forget ${server.name}`}
                onClick={() => setAsking(server)}
              >
                Forget
              </button>
            </div>
          </li>
        ))}
      </ul>
      {asking === undefined ? null : (
        <ConfirmDialog
          title={`Forget ${plainText(asking.name, 100)}?`}
          confirm={{ label: "Forget", busy: "Forgetting…", danger: true }}
          keep="Keep"
          onConfirm={() => forgetServer(asking.key)}
          onDone={() => {
            setAsking(undefined);
            reload();
            onForgotten(asking);
          }}
          onClose={() => setAsking(undefined)}
        >
          <p>
            {asking.agents === 0 ? "No agent uses it." : "The next call of every agent there is refused."} What the
            gateway keeps of it, your sign-in there too, is deleted.
          </p>
        </ConfirmDialog>
      )}
    </section>
  );
}

function agentsText({ agents }: EnteredServerView): string {
  if (agents === 0) return "No agent may use it.";
  return agents === 1 ? "One agent may use it." : `${agents} agents may use it.`;
}
