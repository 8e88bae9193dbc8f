import type { Connection } from "../use-connection.ts";
import { CheckIcon } from "./icons.tsx";

interface ConnectStepsProps {
  readonly name: string;
  readonly state: Connection["state"];
  /** Whether the human signs in at the server. */
  readonly signIn: boolean;
}

/** How far the way to a server is: connecting, signing in there, listing its tools. */
export function ConnectSteps({ name, state, signIn }: ConnectStepsProps) {
  const current = { connecting: 0, "sign-in-needed": 1, "signing-in": 1, failed: 0, connected: 3 }[state];
  const steps = [
    { order: 0, text: `Connect to ${name}` },
    ...(signIn ? [{ order: 1, text: `Sign in at ${name}` }] : []),
    { order: 2, text: "List its tools" },
  ];
  return (
    <ol className="steps" aria-label={`The way to ${name}`}>
      {steps.map(({ order, text }) => (
        <li key={order} className="step" aria-current={order === current ? "step" : undefined}>
          {order < current ? <CheckIcon /> : null}
          {text}
          {order < current ? " (done)" : null}
          {order === current && state !== "sign-in-needed" && state !== "failed" ? "…" : null}
        </li>
      ))}
    </ol>
  );
}
