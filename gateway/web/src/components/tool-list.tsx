import type { ConsentServer, Level } from "../../../src/consent/contract.ts";
import { levels, reaches } from "../levels.ts";
import { CheckIcon, CrossIcon } from "./icons.tsx";

interface ToolListProps {
  readonly tools: ConsentServer["tools"];
  readonly level: Level;
}

/** Every tool of the server with what the chosen level means for it, mildest tools first. */
export function ToolList({ tools, level }: ToolListProps) {
  if (tools.length === 0) return <p className="hint">The policy lists no tools on this server yet.</p>;
  const sorted = tools.toSorted(
    (one, other) => levels.indexOf(one.trust) - levels.indexOf(other.trust) || one.name.localeCompare(other.name),
  );
  return (
    <ul className="tools">
      {sorted.map((tool) => (
        <li key={tool.name} className="tool">
          <span className="tool-text">
            <span className="tool-name">{tool.name}</span>
            <span className="tool-trust">needs {tool.trust}</span>
          </span>
          <Badge allowed={reaches(level, tool.trust)} />
        </li>
      ))}
    </ul>
  );
}

function Badge({ allowed }: { readonly allowed: boolean }) {
  return allowed ? (
    <span className="badge badge-allowed">
      <CheckIcon />
      Allowed
    </span>
  ) : (
    <span className="badge badge-denied">
      <CrossIcon />
      Denied
    </span>
  );
}
