import type { LocalPermitOptions } from "../start.ts";
import { DatabaseInUseError } from "../storage/database.ts";
import { PostgresUnavailableError } from "../storage/postgres-connection.ts";
import { DataFolderFormatError } from "../storage/sqlite-connection.ts";

/** Why it did not start, and what to do. What nobody foresaw is told with its stack. */
export function explainStart(error: unknown, options: LocalPermitOptions): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  switch (code ?? "") {
    case "EADDRINUSE":
      return `Port ${port ?? options.port} is in use. Stop what uses it, or start with another --${port === options.opaPort ? "opa-port" : "port"} (0 takes a free one).`;
    case "EADDRNOTAVAIL":
      return `This machine has no address ${options.host}. Start with another --host.`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTDIR":
    case "EEXIST":
      return `${error.message}. Start with a --data folder that this user may write, or another --port.`;
    default:
      return isExpected(error) ? error.message : (error.stack ?? error.message);
  }
}

function isExpected(error: Error): boolean {
  return [DatabaseInUseError, PostgresUnavailableError, DataFolderFormatError].some((each) => error instanceof each);
}
