import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest();

/** User present, user verified, a credential is attached (WebAuthn section 6.1). */
const flags = 0x01 | 0x04 | 0x40;

/**
 * What an authenticator answers `navigator.credentials.create` with, as the browser writes it: a new ES256 key without
 * attestation (WebAuthn sections 6.5.1 and 8.7), CBOR by hand.
 */
export function createdPasskey(origin: string, challenge: string) {
  const id = randomBytes(16);
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  // COSE_Key (RFC 9053 section 7.1.1): kty EC2, alg ES256, crv P-256, x, y.
  const coseKey = Buffer.concat([
    Buffer.from("a5010203262001215820", "hex"),
    Buffer.from(x, "base64url"),
    Buffer.from("225820", "hex"),
    Buffer.from(y, "base64url"),
  ]);
  const authData = Buffer.concat([
    sha256(new URL(origin).hostname),
    Buffer.from([flags, 0, 0, 0, 0]),
    // AAGUID, and the length of the id.
    Buffer.alloc(16),
    Buffer.from([0, id.length]),
    id,
    coseKey,
  ]);
  const text = (value: string) => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);
  const attestationObject = Buffer.concat([
    ...[Buffer.from([0xa3]), text("fmt"), text("none"), text("attStmt"), Buffer.from([0xa0])],
    ...[text("authData"), Buffer.from([0x58, authData.length]), authData],
  ]);
  const clientData = JSON.stringify({ type: "webauthn.create", challenge, origin, crossOrigin: false });
  const encoded = id.toString("base64url");
  return {
    id: encoded,
    rawId: encoded,
    type: "public-key",
    response: {
      clientDataJSON: Buffer.from(clientData).toString("base64url"),
      attestationObject: attestationObject.toString("base64url"),
      transports: ["internal"],
    },
    clientExtensionResults: {},
  };
}
