import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkDatabaseUrl } from "./serve-options.ts";
import { UsageError } from "./usage-error.ts";

/** Where the local Permit is: running, or stopped with its folder or database. */
export type Place =
  | { readonly url: string; readonly key: string }
  | { readonly dataDir: string }
  | { readonly databaseUrl: string };

/** Options that both commands have. */
export const placeOptions = {
  environment: { type: "string" },
  data: { type: "string" },
  database: { type: "string" },
  url: { type: "string" },
  "org-key": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** `--help` of those. */
export const placeUsage = `  --environment  PROJECT/ENVIRONMENT, for example default/dev
  --url          a local Permit that runs, for example http://127.0.0.1:7766, with its key in PERMIT_LOCAL_ORG_KEY
  --data         folder of one that does not run
  --database     PostgreSQL of one that does not run; also PERMIT_LOCAL_DATABASE_URL
  --org-key      key for --url; better given as PERMIT_LOCAL_ORG_KEY
  --help         this text
`;

interface PlaceValues {
  readonly data?: string | undefined;
  readonly database?: string | undefined;
  readonly url?: string | undefined;
  readonly "org-key"?: string | undefined;
}

/** Exactly one place. Throws UsageError. */
export function readPlace(values: PlaceValues, env: NodeJS.ProcessEnv): Place {
  const { data: dataDir, url, "org-key": key = env.PERMIT_LOCAL_ORG_KEY } = values;
  const fromEnvironment = dataDir === undefined && url === undefined ? env.PERMIT_LOCAL_DATABASE_URL : undefined;
  const databaseUrl = values.database ?? fromEnvironment;
  if ([dataDir, databaseUrl, url].filter((place) => place !== undefined).length !== 1) {
    throw new UsageError("Give one of --url, --data and --database.");
  }
  if (dataDir !== undefined) {
    // Else one would be made, empty, where the path has a slip.
    if (!existsSync(join(dataDir, "permit.sqlite"))) throw new UsageError(`There is no local Permit in ${dataDir}.`);
    return { dataDir };
  }
  if (databaseUrl !== undefined) {
    checkDatabaseUrl(databaseUrl, undefined);
    return { databaseUrl };
  }
  if (url === undefined || !URL.canParse(url)) throw new UsageError("--url must be a URL like http://127.0.0.1:7766.");
  if (key === undefined) throw new UsageError("--url needs a key: set PERMIT_LOCAL_ORG_KEY.");
  return { url: new URL(url).origin, key };
}

/** The path of an environment's file below the origin. Throws UsageError. */
export function readEnvironmentPath(named: string | undefined): string {
  const [, project, environment] = /^([^/\s]+)\/([^/\s]+)$/.exec(named ?? "") ?? [];
  if (project === undefined || environment === undefined) {
    throw new UsageError("--environment must be PROJECT/ENVIRONMENT, for example default/dev.");
  }
  return `/local/environments/${encodeURIComponent(project)}/${encodeURIComponent(environment)}`;
}
