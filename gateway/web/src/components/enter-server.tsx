import type { FormEvent } from "react";
import type { ConsentChoice } from "../../../src/consent/contract.ts";
import { type ApiError, enterServer } from "../api.ts";
import { levelWords } from "../levels.ts";
import { plainText } from "../plain-text.ts";
import { useSending } from "../use-sending.ts";
import { UrlField } from "./fields.tsx";
import { textOf } from "./form-card.tsx";
import { Notice } from "./notice.tsx";

interface EnterServerProps {
  readonly entering: NonNullable<ConsentChoice["entering"]>;
  readonly query: string;
  /** True when there is no other server to choose from. */
  readonly only: boolean;
  readonly onEntered: (key: string) => void;
}

/** The human connects a server that no admin has set up, by its address. Connecting grants nothing yet. */
export function EnterServer({ entering, query, only, onEntered }: EnterServerProps) {
  const sending = useSending();
  const { ceiling, left } = entering;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const url = textOf(new FormData(event.currentTarget), "url");
    sending.start(async () => {
      onEntered(await enterServer({ query, url }));
      return "leaving";
    });
  };
  return (
    <form className="card" aria-busy={sending.busy} onSubmit={submit}>
      <h2>{only ? "Connect a server" : "Connect another server"}</h2>
      <p className="hint">
        A server of your own, for you alone. No admin has reviewed it. You can give agents up to{" "}
        {levelWords[ceiling].name} ({ceiling}) on it.
      </p>
      {left === 0 ? (
        <p>
          You have as many servers of your own as this host allows. <a href="/">Forget one</a> to connect another, or
          enter the address of one that you have, to read its tools again.
        </p>
      ) : null}
      {sending.failure === undefined ? null : <NotConnected error={sending.failure} />}
      <UrlField
        label="Address of the server"
        hint="Its whole address, such as https://mcp.example.com/mcp"
        disabled={sending.busy}
      />
      {sending.busy ? (
        <p className="hint" role="status">
          Connecting, to see which tools it has…
        </p>
      ) : null}
      <div className="actions">
        <button type="submit" className="button" disabled={sending.busy}>
          {sending.busy ? "Connecting…" : "Connect"}
        </button>
      </div>
    </form>
  );
}

const titles: Readonly<Record<string, string>> = {
  SERVER_URL_REFUSED: "This address is refused",
  SERVERS_TOO_MANY: "No room for another server",
  UPSTREAM_UNAVAILABLE: "No MCP server answered there",
  SERVER_NOT_GRANTED: "You can't connect servers of your own",
  rate_limited: "Too many attempts",
};

function NotConnected({ error }: { readonly error: ApiError }) {
  const title = titles[error.code] ?? "The server was not connected";
  const notThere = error.code === "UPSTREAM_UNAVAILABLE";
  return (
    <Notice kind="problem" title={title} takeFocus>
      <p>
        {notThere
          ? "Check the address: it must be that of an MCP server over streamable HTTP, not of a web page. Then try again."
          : plainText(error.message, 500)}
      </p>
    </Notice>
  );
}
