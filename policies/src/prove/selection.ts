/** Whom and which tools of a host an invariant is about. */
import { canonicalEmail } from "../email.ts";
import type { HostModel, ServerModel, ToolModel } from "../model.ts";
import { annotationDefaults, type Invariant } from "../schema/invariants-file.ts";

/** The tool names that a name with `*` stands for. */
export function namePattern(name: string): RegExp {
  const literal = (text: string) => text.replaceAll(/[^\w]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
  return new RegExp(`^${name.split(/\*+/).map(literal).join(".*")}$`, "su");
}

/** Whom an invariant is about: of the host's humans, as e-mail addresses. */
export function selectHumans({ humans }: Invariant, host: HostModel): ReadonlySet<string> {
  const { groups, addresses, outside } = humans ?? {};
  const named = new Set(addresses?.map(canonicalEmail));
  const chosen = host.humans.filter(({ email, groups: own }) => {
    const isNamed = (groups === undefined && addresses === undefined) || named.has(email);
    const isMember = groups?.some((group) => own.includes(group)) === true;
    return (isNamed || isMember) && outside?.some((group) => own.includes(group)) !== true;
  });
  return new Set(chosen.map(({ email }) => email));
}

/** True when what is known of a tool agrees with the hints. Without a lock it is what MCP takes for granted. */
function hasAnnotations(tool: ToolModel, wanted: NonNullable<Invariant["tools"]>["annotations"]): boolean {
  const said = tool.definition?.annotations ?? {};
  return (Object.keys(annotationDefaults) as (keyof typeof annotationDefaults)[]).every((hint) => {
    const value = typeof said[hint] === "boolean" ? said[hint] : annotationDefaults[hint];
    return wanted?.[hint] === undefined || wanted[hint] === value;
  });
}

/** Which tools of a server an invariant is about, by their place in the server. Disabled tools are never among them. */
export function selectTools({ tools }: Invariant, server: ServerModel): readonly boolean[] {
  const ofServer = tools?.servers === undefined || tools.servers.includes(server.key);
  const patterns = tools?.names?.map(namePattern);
  return server.tools.map(
    (tool) =>
      ofServer &&
      tool.enabled &&
      (patterns === undefined || patterns.some((pattern) => pattern.test(tool.name))) &&
      (tools?.trust === undefined || tools.trust.includes(tool.trust)) &&
      hasAnnotations(tool, tools?.annotations),
  );
}
