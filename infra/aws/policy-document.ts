import * as pulumi from "@pulumi/pulumi";

type Strings = pulumi.Input<string> | readonly pulumi.Input<string>[];

/** One statement of an IAM policy. Of a trust policy `resources` is left out, of an identity's own `principals`. */
export interface Statement {
  /** Says what the statement is for; letters and digits only. */
  readonly sid: string;
  /** Left out: Allow. */
  readonly effect?: "Allow" | "Deny";
  readonly principals?: "*" | { readonly AWS: Strings } | { readonly Service: Strings };
  readonly actions: Strings;
  readonly resources?: Strings;
  /** Operator, then condition key, then values. All of them must hold. */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, Strings>>>>;
}

/** An IAM policy document as JSON. */
export function policyDocument(statements: readonly Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: statements.map(({ sid, effect = "Allow", principals, actions, resources, conditions }) => ({
      Sid: sid,
      Effect: effect,
      ...(principals === undefined ? {} : { Principal: principals }),
      Action: actions,
      ...(resources === undefined ? {} : { Resource: resources }),
      ...(conditions === undefined ? {} : { Condition: conditions }),
    })),
  });
}
