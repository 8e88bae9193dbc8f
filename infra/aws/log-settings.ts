import type * as pulumi from "@pulumi/pulumi";

/** What every log group of a component has in common. */
export interface LogSettings {
  /** Log groups are named `<prefix>/<what>`; the key's policy allows these names. */
  readonly prefix: string;
  readonly kmsKeyArn: pulumi.Input<string>;
  readonly retentionDays: number;
}
