import { emailForm } from "./email-form.ts";
import { grantRepeated } from "./grant-repeated.ts";
import { grantSubject } from "./grant-subject.ts";
import { groupKnown } from "./group-known.ts";
import { hostKeyForm } from "./host-key-form.ts";
import type { Rule } from "./rule.ts";
import { serverKeyForm } from "./server-key-form.ts";
import { serverKeyReserved } from "./server-key-reserved.ts";
import { serverKeyUnique } from "./server-key-unique.ts";
import { serverKnown } from "./server-known.ts";
import { signInMethodOn } from "./sign-in-method-on.ts";
import { toolActionCollision } from "./tool-action-collision.ts";

/** All rules: of names first, then of references, then of values. Each runs on every host, whatever the others find. */
export const rules: readonly Rule[] = [
  hostKeyForm,
  serverKeyForm,
  serverKeyReserved,
  serverKeyUnique,
  serverKnown,
  grantSubject,
  groupKnown,
  grantRepeated,
  toolActionCollision,
  emailForm,
  signInMethodOn,
];
