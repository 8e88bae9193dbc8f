import { approverNamed } from "./approver-named.ts";
import { emailForm } from "./email-form.ts";
import { grantEffect } from "./grant-effect.ts";
import { grantEnded } from "./grant-ended.ts";
import { grantRepeated } from "./grant-repeated.ts";
import { grantShadowed } from "./grant-shadowed.ts";
import { grantSubject } from "./grant-subject.ts";
import { groupKnown } from "./group-known.ts";
import { groupUsed } from "./group-used.ts";
import { hostKeyForm } from "./host-key-form.ts";
import { humanSignsIn } from "./human-signs-in.ts";
import type { Rule } from "./rule.ts";
import { secretPlain } from "./secret-plain.ts";
import { serverAddress } from "./server-address.ts";
import { serverKeyForm } from "./server-key-form.ts";
import { serverKeyReserved } from "./server-key-reserved.ts";
import { serverKeyUnique } from "./server-key-unique.ts";
import { serverKnown } from "./server-known.ts";
import { serverReached } from "./server-reached.ts";
import { signInCertificateForm } from "./sign-in-certificate-form.ts";
import { signInDomainsMeet } from "./sign-in-domains-meet.ts";
import { signInMethodComplete } from "./sign-in-method-complete.ts";
import { signInMethodOn } from "./sign-in-method-on.ts";
import { signInOneTenant } from "./sign-in-one-tenant.ts";
import { signInSingleSso } from "./sign-in-single-sso.ts";
import { testSides } from "./test-sides.ts";
import { testSubject } from "./test-subject.ts";
import { testToolKnown } from "./test-tool-known.ts";
import { testToolRepeated } from "./test-tool-repeated.ts";
import { toolActionCollision } from "./tool-action-collision.ts";
import { toolDecided } from "./tool-decided.ts";
import { toolLocked } from "./tool-locked.ts";
import { urlEncrypted } from "./url-encrypted.ts";

/**
 * All rules: of names first, then of references, then of values, then what is only worth a look. Each runs on every
 * host, whatever the others find.
 */
export const rules: readonly Rule[] = [
  hostKeyForm,
  serverKeyForm,
  serverKeyReserved,
  serverKeyUnique,
  serverAddress,
  serverKnown,
  grantSubject,
  groupKnown,
  grantRepeated,
  toolActionCollision,
  emailForm,
  secretPlain,
  signInMethodOn,
  signInMethodComplete,
  signInSingleSso,
  signInCertificateForm,
  signInOneTenant,
  signInDomainsMeet,
  grantEnded,
  grantShadowed,
  grantEffect,
  groupUsed,
  serverReached,
  toolLocked,
  toolDecided,
  humanSignsIn,
  approverNamed,
  urlEncrypted,
  testSides,
  testSubject,
  testToolKnown,
  testToolRepeated,
];
