import { useState } from "react";
import type { EnteredServerView, GrantView, Level } from "../../../src/consent/contract.ts";
import { loadGrants } from "../api.ts";
import { AgentCard } from "../components/agent-card.tsx";
import { LoadFailed, Loading } from "../components/load-state.tsx";
import { LowerDialog } from "../components/lower-dialog.tsx";
import { Notice } from "../components/notice.tsx";
import { OwnServers } from "../components/own-servers.tsx";
import { Page } from "../components/page.tsx";
import { RevokeDialog } from "../components/revoke-dialog.tsx";
import { SignInFirst } from "../components/sign-in-first.tsx";
import { levelWords } from "../levels.ts";
import { clientNameOf } from "../plain-text.ts";
import { useLoaded } from "../use-loaded.ts";

/** The dialog that is open. */
interface Asking {
  readonly about: "lower" | "revoke";
  readonly grant: GrantView;
}

/** What was done last. Without a level it was revoked. */
type Done = { readonly grant: GrantView; readonly level?: Level } | { readonly forgotten: EnteredServerView };

/** `/`: the agents that act in the signed-in human's name. */
export function AgentsPage() {
  const { loaded, reload } = useLoaded(loadGrants);
  const [asking, setAsking] = useState<Asking>();
  const [done, setDone] = useState<Done>();

  const close = () => setAsking(undefined);
  const finish = (what: Done) => {
    close();
    setDone(what);
    reload();
  };

  if (loaded.state === "failed" && loaded.error.status === 401) {
    return (
      <SignInFirst title="Your agents">
        You are not signed in. Sign in to see the agents that act in your name.
      </SignInFirst>
    );
  }
  return (
    <Page title="Your agents" wide>
      {done === undefined ? null : <DoneNotice done={done} />}
      {loaded.state === "loading" ? <Loading what="your agents" /> : null}
      {loaded.state === "failed" ? <LoadFailed error={loaded.error} onRetry={reload} /> : null}
      {loaded.state === "ready" ? <Agents grants={loaded.value} onAsk={setAsking} /> : null}
      <OwnServers onForgotten={(forgotten) => finish({ forgotten })} />
      {loaded.state === "ready" ? (
        <p>
          <a href="/account">Your account</a>: passkeys, password, signing out
        </p>
      ) : null}
      {asking?.about === "revoke" ? (
        <RevokeDialog grant={asking.grant} onClose={close} onRevoked={() => finish({ grant: asking.grant })} />
      ) : null}
      {asking?.about === "lower" ? (
        <LowerDialog
          grant={asking.grant}
          onClose={close}
          onLowered={(level) => finish({ grant: asking.grant, level })}
        />
      ) : null}
    </Page>
  );
}

function DoneNotice({ done }: { readonly done: Done }) {
  if ("forgotten" in done) {
    return (
      <Notice kind="done" takeFocus key={done.forgotten.key}>
        <p>{done.forgotten.name} is forgotten.</p>
      </Notice>
    );
  }
  const { grant, level } = done;
  return (
    <Notice kind="done" takeFocus key={`${grant.id} ${level}`}>
      <p>
        <bdi>{clientNameOf(grant.client)}</bdi>{" "}
        {level === undefined
          ? `can no longer use ${grant.server.name} in your name.`
          : `has ${levelWords[level].name} (${level}) on ${grant.server.name} now.`}
      </p>
    </Notice>
  );
}

interface AgentsProps {
  readonly grants: readonly GrantView[];
  readonly onAsk: (asking: Asking) => void;
}

function Agents({ grants, onAsk }: AgentsProps) {
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
      <p className="hint">
        These programs may call tools in your name. What you take away here holds from the next call on.
      </p>
      <ul className="agents">
        {grants.map((grant) => (
          <AgentCard
            key={grant.id}
            grant={grant}
            onLower={() => onAsk({ about: "lower", grant })}
            onRevoke={() => onAsk({ about: "revoke", grant })}
          />
        ))}
      </ul>
    </>
  );
}
