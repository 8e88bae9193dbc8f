import { Notice } from "../components/notice.tsx";
import { Page } from "../components/page.tsx";
import { plainText } from "../plain-text.ts";

/** What to do, by OAuth error code (RFC 6749 section 4.1.2.1, RFC 8707 section 2). */
const sentences: Readonly<Record<string, string>> = {
  access_denied: "The request was denied. Nothing was granted.",
  invalid_client:
    "The gateway does not know this client. Remove the server from your MCP client, add it again and connect.",
  invalid_redirect:
    "The client asked to be sent back to an address it did not register. Remove it, add it again and connect.",
  invalid_request: "The client's request is incomplete or has expired. Connect again from your MCP client.",
  invalid_scope: "The client asked for a permission this gateway does not have. Tell an admin of this host.",
  invalid_signature: "The request has expired. Connect again from your MCP client.",
  invalid_target: "The client asked for a server this host does not have. Check the address in your MCP client.",
  unsupported_response_type: "The client uses a sign-in this gateway does not offer. Update your MCP client.",
  unauthorized_client: "The client may not sign in this way. Update your MCP client.",
  UPSTREAM_SIGN_IN_INVALID:
    "This sign-in at an MCP server was not started in this browser, or is over. Start it again from the page you came from.",
  NOT_SIGNED_IN: "Your sign-in to this gateway ended meanwhile. Connect again from your MCP client.",
  server_error: "Something went wrong in the gateway. Try again in a moment.",
  temporarily_unavailable: "The gateway is busy. Try again in a moment.",
};

/**
 * `/error`: a sign-in or consent that could not go on. Anybody can make a link to it, so the words of the query are
 * shown as quoted details, and the advice is our own.
 */
export function ErrorPage({ query }: { readonly query: string }) {
  const parameters = new URLSearchParams(query);
  const code = plainText(parameters.get("error") ?? "", 60);
  const description = plainText(parameters.get("error_description") ?? "", 300);
  const sentence = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
  return (
    <Page title="This could not go on">
      <Notice kind="problem">
        <p>
          {sentence ?? "The sign-in stopped. Connect again from your MCP client; if it stops again, tell an admin."}
        </p>
      </Notice>
      {code === "" && description === "" ? null : (
        <section className="card">
          <h2>Details to pass on to an admin</h2>
          <dl className="facts">
            {code === "" ? null : (
              <div>
                <dt>Error</dt>
                <dd className="fact-id">{code}</dd>
              </div>
            )}
            {description === "" ? null : (
              <div>
                <dt>Reported</dt>
                <dd>
                  <q>{description}</q>
                </dd>
              </div>
            )}
          </dl>
        </section>
      )}
      <p className="hint">
        You can close this page, or see <a href="/">your agents</a>.
      </p>
    </Page>
  );
}
