import { z } from "zod";
import { containersOf, type Law, plain, type Stack } from "./law.ts";

const strings = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const statementSchema = z.strictObject({
  Sid: z.string(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.union([z.literal("*"), z.record(z.string(), strings)]).optional(),
  Action: strings,
  Resource: strings.optional(),
  Condition: z.record(z.string(), z.record(z.string(), strings)).optional(),
});
const documentSchema = z.strictObject({ Version: z.literal("2012-10-17"), Statement: z.array(statementSchema).min(1) });

type Statement = z.infer<typeof statementSchema> & { readonly where: string; readonly type: string };

/** The statements of all policies in a stack: of any input that is one, whatever it is called. */
function statementsOf({ all }: Stack): Statement[] {
  return all.flatMap(({ name, type, inputs }) =>
    Object.values(plain(inputs) as Record<string, unknown>)
      .filter((value) => typeof value === "string" && value.startsWith('{"Version":"2012-10-17"'))
      .flatMap((value) => documentSchema.parse(JSON.parse(String(value))).Statement)
      .map((statement) => ({ ...statement, type: type.split(":").at(-1) ?? "", where: `${name}: ${statement.Sid}` })),
  );
}

/** A resource of which no part is named: all, or all of a kind. */
const isWildcard = (resource: string) =>
  resource === "*" || /^arn:[^:]*:(s3:::\*|[^:]*:[^:]*:[^:]+:([a-z-]+[:/])?\*$)/.test(resource);

/** Where nothing can be named, or naming would say no more. Each is used, or a test fails. */
export const wildcardResources: readonly { type: string; sid: RegExp; because: string }[] = [
  { type: "Key", sid: /./, because: "in a key's policy the resource is that key, and * the only way to write it" },
  { type: "RolePolicy", sid: /^RegistryToken$/, because: "ecr:GetAuthorizationToken has no resource" },
  { type: "RolePolicy", sid: /^Find$/, because: "logs:DescribeLogGroups has no resource that one group could be" },
  { type: "VpcEndpoint", sid: /^Token$/, because: "ecr:GetAuthorizationToken has no resource" },
  {
    type: "VpcEndpoint",
    sid: /^(Pull|Read|Write)$/,
    because: "an endpoint is there before the hosts that use it: it keeps to the account, roles to their resources",
  },
];

/** Nothing is allowed on resources that could have been named. */
export const noWildcardResources: Law = (stack) =>
  statementsOf(stack)
    .filter(({ Effect, Resource = [] }) => Effect === "Allow" && Resource.some(isWildcard))
    .filter(({ type, Sid }) => !wildcardResources.some((each) => each.type === type && each.sid.test(Sid)))
    .map(({ where }) => `${where} allows on every resource`);

/** No statement allows all actions of a service. Patterns of actions are those of KMS that differ only in what they return. */
export const noWildcardActions: Law = (stack) =>
  statementsOf(stack)
    .filter(({ Effect, Action }) => Effect === "Allow" && Action.some((action) => /[*?]/.test(action)))
    .filter(
      ({ type, Action }) =>
        type !== "Key" || Action.some((action) => /^(\*|kms:\*|kms:(Create|Put|Enable)\*)$/.test(action)),
    )
    .map(({ where }) => `${where} allows actions by a pattern`);

const conditionKeys = ({ Condition = {} }: Statement) => Object.values(Condition).flatMap((keys) => Object.keys(keys));

/** A service is let in for this account only, and anybody (`*`) only to what is no secret. */
export const noConfusedDeputy: Law = (stack) =>
  statementsOf(stack)
    .filter(({ Effect, Principal }) => Effect === "Allow" && Principal !== undefined)
    .filter((statement) => {
      const { Principal, type, Sid } = statement;
      const keys = conditionKeys(statement);
      if (Principal === "*")
        return !keys.includes("aws:PrincipalAccount") && !(type === "VpcEndpoint" && Sid === "LayersOfImages");
      if (Principal?.Service === undefined) return false;
      const bySource = keys.includes("aws:SourceAccount") && keys.includes("aws:SourceArn");
      const byContext = type === "Key" && keys.some((key) => key.startsWith("kms:EncryptionContext:"));
      return !bySource && !byContext;
    })
    .map(({ where }) => `${where} lets a service act for anybody`);

/** Nobody decrypts with a key but a service that was asked by somebody who may, and a gateway its own data keys. */
export const keysThroughServices: Law = (stack) =>
  statementsOf(stack)
    .filter(
      ({ Action, Effect }) =>
        Effect === "Allow" &&
        Action.some((action) => /^kms:(Decrypt|Encrypt|ReEncrypt|GenerateDataKey|CreateGrant)/.test(action)),
    )
    .filter((statement) => {
      const keys = conditionKeys(statement);
      const service = statement.Principal !== "*" && statement.Principal?.Service !== undefined;
      const ownDataKeys =
        statement.Action.every((action) => action === "kms:GenerateDataKey" || action === "kms:Decrypt") &&
        keys.includes("kms:EncryptionContext:application");
      return service ? keys.length === 0 : !keys.includes("kms:ViaService") && !ownDataKeys;
    })
    .map(({ where }) => `${where} decrypts directly`);

/** A gateway has a key of its own for its data keys. The task's role may use it, and nobody else, for nothing else. */
export const dataKeysAreTheTasks: Law = (stack) =>
  containersOf(stack)
    .filter(({ name }) => name === "gateway")
    .flatMap(({ environment }) => {
      const arn = environment.find(({ name }) => name === "DATA_KEY_KMS_ARN")?.value;
      if (arn?.endsWith("-tokens") !== true) return ["the gateway has no key for its data keys"];
      const users = statementsOf(stack).filter(
        ({ Effect, Resource }) => Effect === "Allow" && Resource?.includes(arn) === true,
      );
      const own = users.filter(({ where }) => /-task[^:]*: DataKeys$/.test(where));
      return own.length === 1 && users.length === 1 ? [] : [`${users.map(({ where }) => where).join(", ")} use it`];
    });

/** The audit log is signed with a key of its own. The task's role may sign with it, and nobody else, with no other key. */
export const auditLogIsSignedByTheTasks: Law = (stack) =>
  containersOf(stack)
    .filter(({ name }) => name === "gateway")
    .flatMap(({ environment }) => {
      const arn = environment.find(({ name }) => name === "AUDIT_KEY_KMS_ARN")?.value;
      if (arn?.endsWith("-audit-signing") !== true) return ["nothing signs the audit log"];
      const statements = statementsOf(stack).filter(({ Effect }) => Effect === "Allow");
      const users = statements.filter(({ Resource }) => Resource?.includes(arn) === true);
      const signers = statements.filter(({ Action, type }) => type !== "Key" && Action.includes("kms:Sign"));
      const own = /-task[^:]*: SignAuditLog$/;
      const [user, signer] = [users[0], signers[0]];
      const alone = users.length === 1 && signers.length === 1 && user === signer && user?.Resource?.length === 1;
      return alone && own.test(user.where)
        ? []
        : [`${[...users, ...signers].map(({ where }) => where).join(", ")} sign with it`];
    });

/** The entries of the table of exceptions that a stack needs. */
export const neededExceptions = (stack: Stack) =>
  wildcardResources.filter(({ type, sid }) =>
    statementsOf(stack).some(
      (each) => each.Effect === "Allow" && each.Resource?.some(isWildcard) && each.type === type && sid.test(each.Sid),
    ),
  );
