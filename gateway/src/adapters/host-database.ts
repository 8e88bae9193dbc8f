/**
 * A host's own database and user on a server that several hosts share, made by the server's master user. Safe to repeat
 * and to run from several places at once. Nothing that is there is removed or handed to somebody else.
 */
import pg from "pg";

/** Thrown when what is there is not this host's, or can't be made. The message says what to do. */
export class HostDatabaseError extends Error {}

export interface HostDatabase {
  readonly database: string;
  readonly user: string;
}

type Say = (line: string) => void;

const id = pg.escapeIdentifier;
/** Users with it log in with IAM tokens and nothing else (Amazon RDS user guide, IAM database authentication). */
const iamRole = "rds_iam";
const lockKey = "permit-mcp-gateway host database";

/**
 * Makes what is missing: the user, without a password and with IAM tokens alone; the database, to which no other host's
 * user may connect; the right to make tables in it. `connect` opens a connection of the master user to a database.
 */
export async function makeHostDatabase(
  target: HostDatabase,
  connect: (database: string) => Promise<pg.Client>,
  say: Say,
): Promise<void> {
  const server = await connect("postgres");
  try {
    // Ends with the connection.
    await server.query("select pg_advisory_lock(hashtextextended($1, 0))", [lockKey]);
    // Both before anything is made.
    const userIsThere = await findUser(server, target);
    const databaseIsThere = await findDatabase(server, target);
    await makeUser(server, target.user, userIsThere);
    say(`user "${target.user}": ${userIsThere ? "is there" : "made"}`);
    await makeDatabase(server, target, databaseIsThere);
    say(`database "${target.database}": ${databaseIsThere ? "is there" : "made"}`);
    await closeToOthers(server, say);
    const inside = await connect(target.database);
    try {
      await inside.query("revoke create on schema public from public");
      await inside.query(`grant usage, create on schema public to ${id(target.user)}`);
    } finally {
      await inside.end();
    }
  } finally {
    await server.end();
  }
}

/** Whether the user is there. Throws when it is not one that a host may have. */
async function findUser(server: pg.Client, { user, database }: HostDatabase): Promise<boolean> {
  const { rows } = await server.query<{
    readonly is_me: boolean;
    readonly powerful: boolean;
    readonly elsewhere: string | null;
  }>(
    `select rolname = current_user as is_me,
            rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or exists (
              select from pg_auth_members m join pg_roles g on g.oid = m.roleid
              where m.member = r.oid and g.rolname <> $2) as powerful,
            (select min(datname) from pg_database d, aclexplode(d.datacl) a
              where a.grantee = r.oid and d.datname <> $3) as elsewhere
       from pg_roles r where rolname = $1`,
    [user, iamRole, database],
  );
  const [found] = rows;
  if (found?.is_me === true) {
    throw new HostDatabaseError("DATABASE_USER is the master user. Name one for the host alone.");
  }
  if (found?.powerful === true) {
    throw new HostDatabaseError(`User "${user}" is there and may do more than a host's user. Name another one.`);
  }
  if (typeof found?.elsewhere === "string") {
    throw new HostDatabaseError(`User "${user}" has rights on database "${found.elsewhere}". Each host needs its own.`);
  }
  const iam = await server.query("select from pg_roles where rolname = $1", [iamRole]);
  if (iam.rowCount === 0) {
    throw new HostDatabaseError("The server has no role rds_iam. Turn IAM database authentication on.");
  }
  return found !== undefined;
}

/** Whether the database is there. Throws when it is not this host's. */
async function findDatabase(server: pg.Client, { user, database }: HostDatabase): Promise<boolean> {
  const { rows } = await server.query<{ readonly mine: boolean; readonly other: string | null }>(
    `select d.datdba = (select oid from pg_roles where rolname = current_user) as mine,
            (select min(r.rolname) from aclexplode(d.datacl) a join pg_roles r on r.oid = a.grantee
              where a.grantee <> d.datdba and r.rolname <> $2) as other
       from pg_database d where datname = $1`,
    [database, user],
  );
  const [found] = rows;
  if (found?.mine === false) {
    throw new HostDatabaseError(`Database "${database}" is there and not the master user's. Name another one.`);
  }
  if (typeof found?.other === "string") {
    throw new HostDatabaseError(`Database "${database}" is used by "${found.other}". Each host needs its own.`);
  }
  return found !== undefined;
}

/** Without a password, and with IAM tokens alone. */
async function makeUser(server: pg.Client, user: string, isThere: boolean): Promise<void> {
  if (!isThere) await server.query(`create role ${id(user)} login nosuperuser nocreatedb nocreaterole`);
  await server.query(`alter role ${id(user)} login password null`);
  await server.query(`grant ${id(iamRole)} to ${id(user)}`);
}

/**
 * Owned by the master user: to give it to the host's, that one would have to become a member of it, and so of rds_iam,
 * and could not log in with its password any more.
 */
async function makeDatabase(server: pg.Client, { user, database }: HostDatabase, isThere: boolean): Promise<void> {
  if (!isThere) await server.query(`create database ${id(database)}`);
  await server.query(`revoke all on database ${id(database)} from public`);
  await server.query(`grant connect, temporary on database ${id(database)} to ${id(user)}`);
}

/** PostgreSQL lets every user connect to every new database. */
async function closeToOthers(server: pg.Client, say: Say): Promise<void> {
  const { rows } = await server.query<{ readonly datname: string; readonly mine: boolean }>(
    `select datname, pg_has_role(datdba, 'usage') as mine
       from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      where not datistemplate and datallowconn and a.grantee = 0 and a.privilege_type = 'CONNECT'
      order by datname`,
  );
  for (const { datname, mine } of rows) {
    if (mine) await server.query(`revoke all on database ${id(datname)} from public`);
    say(
      `database "${datname}": ${mine ? "closed to users that have no right to it" : "open to all, and not ours to close"}`,
    );
  }
}
