import { useState } from "react";
import type { GrantView } from "../../../src/consent/contract.ts";
import { loadGrants } from "../api.ts";
import { AgentCard } from "../components/agent-card.tsx";
import { LoadFailed, Loading } from "../components/load-state.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { RevokeDialog } from "../components/revoke-dialog.tsx";
import { clientNameOf } from "../plain-text.ts";
import { useLoaded } from "../use-loaded.ts";

/** `/`: the agents that act in the signed-in human's name. */
export function AgentsPage() {
  const { loaded, reload } = useLoaded(loadGrants);
  const [asking, setAsking] = useState<GrantView>();
  const [revoked, setRevoked] = useState<GrantView>();

  if (loaded.state === "failed" && loaded.error.status === 401) return <SignInFirst />;
  return (
    <Page title="Your agents" wide>
      {revoked === undefined ? null : (
        <Notice kind="done" takeFocus key={revoked.id}>
          <p>
            <bdi>{clientNameOf(revoked.client)}</bdi> can no longer use {revoked.server} in your name.
          </p>
        </Notice>
      )}
      {loaded.state === "loading" ? <Loading what="your agents" /> : null}
      {loaded.state === "failed" ? <LoadFailed error={loaded.error} onRetry={reload} /> : null}
      {loaded.state === "ready" ? <Agents grants={loaded.value} onRevoke={setAsking} /> : null}
      {asking === undefined ? null : (
        <RevokeDialog
          grant={asking}
          onClose={() => setAsking(undefined)}
          onRevoked={() => {
            setAsking(undefined);
            setRevoked(asking);
            reload();
          }}
        />
      )}
    </Page>
  );
}

interface AgentsProps {
  readonly grants: readonly GrantView[];
  readonly onRevoke: (grant: GrantView) => void;
}

function Agents({ grants, onRevoke }: AgentsProps) {
  if (grants.length === 0) {
    return (
      <section className="card">
        <p className="lead">No agent acts in your name.</p>
        <p>
          To connect one, give your MCP client the address of a server and follow its sign-in:
          <code className="address">
            {window.location.origin}/mcp/
            <wbr />
            {"<server>"}
          </code>
        </p>
      </section>
    );
  }
  return (
    <>
      <p className="hint">These programs may call tools in your name. Revoking one holds from its next call on.</p>
      <ul className="agents">
        {grants.map((grant) => (
          <AgentCard key={grant.id} grant={grant} onRevoke={() => onRevoke(grant)} />
        ))}
      </ul>
    </>
  );
}

function SignInFirst() {
  return (
    <Page title="Your agents">
      <Notice kind="neutral">
        <p>You are not signed in. Sign in to see the agents that act in your name.</p>
      </Notice>
      <div className="actions">
        <a className="button button-primary" href="/sign-in">
          Sign in
        </a>
      </div>
    </Page>
  );
}
