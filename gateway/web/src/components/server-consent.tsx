import { useEffect } from "react";
import type { ConsentServer, Level } from "../../../src/consent/contract.ts";
import { levelWords, reaches } from "../levels.ts";
import { useConnection } from "../use-connection.ts";
import { ConnectFirst } from "./connect-first.tsx";
import { LevelChoice } from "./level-choice.tsx";
import { Moment } from "./moment.tsx";
import { OfferedTools } from "./offered-tools.tsx";
import { OwnServerNote } from "./own-server-note.tsx";
import { ToolList } from "./tool-list.tsx";

interface ServerConsentProps {
  readonly server: ConsentServer;
  /** All servers of the question, this one among them. */
  readonly chosen: readonly ConsentServer[];
  readonly query: string;
  readonly level: Level;
  readonly disabled: boolean;
  /** True while the human has to sign in at one of them first. */
  readonly waiting: boolean;
  readonly onLevel: (level: Level) => void;
  readonly onConnected: (key: string, connected: boolean) => void;
}

/** How much of one server: its levels, until when, and what each means for its tools. */
export function ServerConsent(props: ServerConsentProps) {
  const { server, chosen, query, level, disabled, waiting, onLevel, onConnected } = props;
  const keys = chosen.length > 1 ? chosen.map(({ key }) => key) : undefined;
  const { connection, signIn, retry } = useConnection(server.key, query, keys);
  const connected = connection.state === "connected";
  useEffect(() => onConnected(server.key, connected), [onConnected, server.key, connected]);

  const own = server.url !== undefined;

  const part =
    server.signIn && connection.state !== "connected" ? (
      <ConnectFirst name={server.name} connection={connection} onSignIn={signIn} onRetry={retry} />
    ) : waiting ? (
      <p className="hint">
        {server.signIn
          ? "You are signed in there."
          : "Here you say how much it may do, once you are signed in everywhere."}
      </p>
    ) : own && server.tools.length === 0 ? null : (
      <Levels {...{ server, level, disabled, onLevel }} folded={keys !== undefined}>
        <OfferedTools name={server.name} own={own} connection={connection} onRetry={retry} />
      </Levels>
    );
  if (keys === undefined) {
    return (
      <>
        <OwnServerNote server={server} />
        {part}
      </>
    );
  }
  return (
    <section className="server-part" aria-label={server.name}>
      <h2>{server.name}</h2>
      {server.description === "" ? null : <p className="hint">{server.description}</p>}
      <OwnServerNote server={server} />
      {part}
    </section>
  );
}

interface LevelsProps extends Pick<ServerConsentProps, "server" | "level" | "disabled" | "onLevel"> {
  /** With several servers the tools of each are folded away. */
  readonly folded: boolean;
  readonly children: React.ReactNode;
}

function Levels({ server, level, disabled, onLevel, folded, children }: LevelsProps) {
  const allowed = server.tools.filter((tool) => reaches(level, tool.trust)).length;
  const tools = `${allowed} of ${server.tools.length} ${server.tools.length === 1 ? "tool" : "tools"} allowed`;
  return (
    <>
      <LevelChoice
        name={folded ? `level ${server.key}` : "level"}
        legend={folded ? `How much may it do on ${server.name}?` : "How much may it do?"}
        level={level}
        ceiling={server.ceiling}
        disabled={disabled}
        onChange={onLevel}
      />
      <p className="level-meaning" role="status">
        <strong>
          {levelWords[level].name} ({level})
        </strong>
        : {levelWords[level].meaning} {tools}.
      </p>
      <p className="hint">
        Holds until <Moment iso={server.endsAt} />, or until it was not used for {server.idleDays}{" "}
        {server.idleDays === 1 ? "day" : "days"}. You can revoke it before.
      </p>
      {folded ? (
        <details className="server-tools">
          <summary>Tools of {server.name}</summary>
          <ToolList tools={server.tools} level={level} />
        </details>
      ) : (
        <>
          <h2>Tools of {server.name}</h2>
          <ToolList tools={server.tools} level={level} />
        </>
      )}
      {children}
    </>
  );
}
