import { useCallback, useState } from "react";
import type { ConsentView } from "../../../src/consent/contract.ts";
import { loadConsent } from "../api.ts";
import { ChooseAndConsent } from "../components/choose-and-consent.tsx";
import { ConsentEmpty } from "../components/consent-empty.tsx";
import { ConsentForm } from "../components/consent-form.tsx";
import { LoadFailed, Loading } from "../components/load-state.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { SentBack } from "../components/sent-back.tsx";
import { SignInFirst } from "../components/sign-in-first.tsx";
import { useLoaded } from "../use-loaded.ts";

/** `/consent?{signed query}`: the human decides what an agent may do. */
export function ConsentPage({ query }: { readonly query: string }) {
  const load = useCallback(() => loadConsent(query), [query]);
  const { loaded, reload } = useLoaded(load);
  const [entered, setEntered] = useState<readonly string[]>();
  const [sent, setSent] = useState<{ readonly accepted: boolean; readonly redirect: string }>();

  if (loaded.state === "loading") {
    return (
      <Page title="Connect an agent">
        <Loading what="the request" />
      </Page>
    );
  }
  if (loaded.state === "failed") {
    const { error } = loaded;
    if (error.status === 400) return <Expired message={error.message} />;
    if (error.status === 401) {
      return (
        <SignInFirst title="Sign in first" query={query}>
          Your sign-in has ended. Sign in to see what the client asks for.
        </SignInFirst>
      );
    }
    return (
      <Page title="Connect an agent">
        <LoadFailed error={error} onRetry={reload} />
      </Page>
    );
  }

  const view = loaded.value;
  if (sent !== undefined) return <SentBack view={view} accepted={sent.accepted} redirect={sent.redirect} />;
  const onDone = (accepted: boolean, redirect: string) => setSent({ accepted, redirect });
  const { choice } = view;
  if (choice !== null && (choice.servers.length > 0 || choice.entering !== null)) {
    const onEntered = (keys: readonly string[]) => {
      setEntered(keys);
      reload();
    };
    const rest = { query, entered, onEntered, onDone, onReload: reload };
    return <ChooseAndConsent view={view} choice={choice} {...rest} />;
  }
  return (
    <Page title={titleOf(view)} host={view.host.name} wide>
      {view.server === null ? (
        <ConsentEmpty view={view} query={query} onDone={onDone} onReload={reload} />
      ) : (
        <ConsentForm view={view} servers={[view.server]} query={query} onDone={onDone} onReload={reload} />
      )}
    </Page>
  );
}

function titleOf({ server, choice }: ConsentView): string {
  if (server !== null) return "Connect an agent";
  return choice === null ? "No access to this server" : "No servers yet";
}

function Expired({ message }: { readonly message: string }) {
  return (
    <Page title="This request has expired">
      <Notice kind="problem">
        <p>{message}</p>
      </Notice>
      <p className="hint">Nothing was granted. You can close this page and connect again from your MCP client.</p>
    </Page>
  );
}
