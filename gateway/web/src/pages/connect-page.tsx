import { ConnectFirst } from "../components/connect-first.tsx";
import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { SignInFirst } from "../components/sign-in-first.tsx";
import { plainText } from "../plain-text.ts";
import { type Connection, useConnection } from "../use-connection.ts";

/** `/connect/{server}`: the human signs in at an MCP server again, without a new consent. */
export function ConnectPage({ server }: { readonly server: string }) {
  const { connection, signIn, retry } = useConnection(server, undefined);
  if (connection.state === "failed" && connection.error.status === 401) {
    return (
      <SignInFirst title="Sign in first" query={`connect=${server}`}>
        Sign in to this gateway to connect to the server.
      </SignInFirst>
    );
  }
  const name = nameOf(connection) ?? plainText(server, 60);
  if (connection.state !== "connected") {
    return (
      <Page title="Connect to a server again">
        <section className="card">
          <ConnectFirst name={name} connection={connection} onSignIn={signIn} onRetry={retry} />
        </section>
      </Page>
    );
  }
  return (
    <Page title={connection.askedForMore ? "Connect to a server again" : "You are connected"}>
      <section className="card">
        {connection.askedForMore ? (
          <p className="lead">{name} wants you to allow more there, for what your agent tried to do.</p>
        ) : (
          <Notice kind="done">
            <p>{name} knows you. Go back to your agent and try again.</p>
          </Notice>
        )}
        <div className="actions">
          <button
            type="button"
            className={connection.askedForMore ? "button button-primary" : "button"}
            onClick={signIn}
          >
            Sign in at {name} again
          </button>
        </div>
      </section>
    </Page>
  );
}

function nameOf(connection: Connection): string | undefined {
  return "name" in connection ? connection.name : undefined;
}
