import type { EnvironmentClient, EnvironmentRef } from "../client.ts";
import type { EnvironmentObject } from "../objects.ts";

/** What the inputs of every Permit resource begin with. */
export interface Located extends EnvironmentRef {
  readonly kind: string;
}

/**
 * One kind of Pulumi resource. Its inputs are written for whoever reads a preview: what can change is a map with the
 * reader's own words as keys (tools, e-mail addresses), because Pulumi shows a difference key by key, and a list, into
 * which one item is put, as a difference of all that follow.
 */
export interface ResourceKind<Inputs extends Located> {
  /** Where it is below its environment: what can't change about it. */
  path(inputs: Inputs): readonly string[];
  /** The plan objects that it stands for, in the order in which they are made. */
  objects(inputs: Inputs): readonly EnvironmentObject[];
  /** What Permit has, in the words of the inputs: equal to them when nothing differs. Undefined: nothing is there. */
  read(client: EnvironmentClient, inputs: Inputs): Promise<Inputs | undefined>;
}
