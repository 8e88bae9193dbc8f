import type { SourcePosition } from "./model.ts";
import type { ServerFile, SharedServerFile } from "./schema/server-file.ts";
import type { ShapedFile } from "./shape.ts";
import type { YamlPath } from "./yaml-source.ts";

/** What the files of a server say together, and where each of its fields stands. */
export interface ServerContent {
  readonly value: ServerFile;
  /** Position of the value at `path`, in the file that gives it. */
  positionOf(path: YamlPath): SourcePosition;
  /** Position of the last key of `path`, in the file that gives it. */
  positionOfKey(path: YamlPath): SourcePosition;
}

/** The content of a server's own file. */
export function ownContent({ source, value }: ShapedFile<ServerFile>): ServerContent {
  return { value, positionOf: (path) => source.positionOf(path), positionOfKey: (path) => source.positionOfKey(path) };
}

const addressFields = ["url", "transport", "command", "args", "env"] as const;

/** Where the host says itself where the server is, nothing of the shared file's address is left to mix with it. */
function withoutAddress(shared: ServerFile, own: object): ServerFile {
  if (!("url" in own) && !("command" in own)) return shared;
  const rest = Object.entries(shared).filter(([name]) => !addressFields.some((field) => field === name));
  return Object.fromEntries(rest) as ServerFile;
}

/** What a shared file says, with the fields and tools replaced that the host's own file gives. */
export function layeredContent(shared: ShapedFile<ServerFile>, own: ShapedFile<SharedServerFile>): ServerContent {
  const { shared: _, tools, ...fields } = own.value;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const value = { ...withoutAddress(shared.value, given), ...given, tools: { ...shared.value.tools, ...tools } };
  const isOwn = ([first, second]: YamlPath) =>
    first === "tools" ? second !== undefined && Object.hasOwn(tools, second) : first === undefined || first in given;
  return {
    value,
    positionOf: (path) => (isOwn(path) ? own : shared).source.positionOf(path),
    positionOfKey: (path) => (isOwn(path) ? own : shared).source.positionOfKey(path),
  };
}
