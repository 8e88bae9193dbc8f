import { X509Certificate } from "node:crypto";
import type { Rule } from "./rule.ts";

const pem = /^-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----\s*$/;

function isCertificate(text: string): boolean {
  if (!pem.test(text)) return false;
  try {
    return new X509Certificate(text).publicKey !== undefined;
  } catch {
    return false;
  }
}

/** What is not one certificate in PEM could not check any answer of the identity provider. */
export const signInCertificateForm: Rule = {
  id: "sign-in-certificate-form",
  *check({ host }) {
    const certificate = host?.value.signIn.saml?.certificate;
    if (host === undefined || certificate === undefined || isCertificate(certificate)) return;
    yield {
      at: host.source.positionOf(["signIn", "saml", "certificate"]),
      message: "The certificate is not one X.509 certificate in PEM.",
      hint: "paste it with its BEGIN and END lines as a block (|) of indented lines",
    };
  },
};
