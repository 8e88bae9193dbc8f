import { plainText } from "../plain-text.ts";
import type { Connection } from "../use-connection.ts";
import { Notice } from "./notice.tsx";

/** Names that are shown before the rest is counted. */
const shown = 8;

interface OfferedToolsProps {
  readonly name: string;
  /** True for a server that the human connected: no policy lists its tools, and no admin reviews them. */
  readonly own: boolean;
  readonly connection: Connection;
  readonly onRetry: () => void;
}

/** What connecting found out of a server whose tools the policy lists anyway. */
export function OfferedTools({ name, own, connection, onRetry }: OfferedToolsProps) {
  switch (connection.state) {
    case "connecting":
      return (
        <p className="hint" role="status">
          Connecting to {name} to see its tools…
        </p>
      );
    case "failed":
      return (
        <Notice kind="neutral" title={`${name} could not be asked`}>
          <p>
            {connection.error.message} You can authorize all the same: the tools above are those{" "}
            {own ? "that it had when you connected it" : "of the policy"}.
          </p>
          <button type="button" className="button" onClick={onRetry}>
            Try again
          </button>
        </Notice>
      );
    case "connected":
      return <Differences {...connection.tools} name={name} own={own} />;
    case "sign-in-needed":
    case "signing-in":
      return null;
  }
}

interface DifferencesProps {
  readonly name: string;
  readonly own: boolean;
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  readonly unlisted: readonly string[];
}

function Differences({ name, own, changed, missing, unlisted }: DifferencesProps) {
  if (changed.length === 0 && missing.length === 0 && unlisted.length === 0) {
    return (
      <p className="hint" role="status">
        {name} has all of these tools.
      </p>
    );
  }
  return (
    <div className="hint" role="status">
      {changed.length === 0 ? null : (
        <p>
          {name} has changed <Names of={changed} /> since{" "}
          {own ? "you connected it" : changed.length === 1 ? "it was reviewed" : "they were reviewed"}: calls of{" "}
          {changed.length === 1 ? "it" : "them"} are refused until{" "}
          {own
            ? "you connect the server again."
            : `an admin has reviewed ${changed.length === 1 ? "it" : "them"} again.`}
        </p>
      )}
      {missing.length === 0 ? null : (
        <p>
          {name} does not have <Names of={missing} /> any more: calls of {missing.length === 1 ? "it" : "them"} fail.
        </p>
      )}
      {unlisted.length === 0 ? null : (
        <p>
          {name} also has <Names of={unlisted} />.{" "}
          {own
            ? "To use more than what it had when you connected it, connect the server again."
            : `The policy does not list ${unlisted.length === 1 ? "it" : "them"}, so nobody can call ${unlisted.length === 1 ? "it" : "them"}.`}
        </p>
      )}
    </div>
  );
}

function Names({ of: names }: { readonly of: readonly string[] }) {
  const rest = names.length - shown;
  return (
    <>
      <bdi className="fact-id">
        {names
          .slice(0, shown)
          .map((name) => plainText(name, 60))
          .join(", ")}
      </bdi>
      {rest > 0 ? ` and ${rest} more` : null}
    </>
  );
}
