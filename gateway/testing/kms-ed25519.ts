/**
 * AWS KMS as far as a key for Ed25519 signatures needs it, which moto does not have: `TrentService.Sign` and
 * `TrentService.GetPublicKey` of its JSON 1.1 protocol (AWS KMS API Reference), over HTTP.
 */
import { createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Of a `Message`, in bytes. */
const messageMax = 4096;

/** `hangs`: takes requests and never answers. */
export type KmsMood = "answers" | "fails" | "hangs";

export interface StandInKms {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly keyArn: string;
  /** A key for ECDSA. */
  readonly otherSpecArn: string;
  readonly publicKey: JsonWebKey;
  mood: KmsMood;
  /** Operations that were asked for, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

const arn = (id: string) => `arn:aws:kms:eu-west-1:123456789012:key/${id}`;

/** An error as the protocol has it: its name in `__type`. */
class KmsError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** Starts one on a free port. */
export async function startStandInKms(): Promise<StandInKms> {
  const ed25519 = generateKeyPairSync("ed25519");
  const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keys = new Map([
    [arn("ed25519"), { ...ed25519, spec: "ECC_NIST_EDWARDS25519", algorithms: ["ED25519_SHA_512"] }],
    [arn("p256"), { ...p256, spec: "ECC_NIST_P256", algorithms: ["ECDSA_SHA_256"] }],
  ]);
  const asked: string[] = [];

  const answer = (operation: string, input: Readonly<Record<string, string>>): object => {
    const key = keys.get(input.KeyId ?? "");
    if (key === undefined) throw new KmsError("NotFoundException", `Key '${input.KeyId}' does not exist`);
    const common = { KeyId: input.KeyId };
    if (operation === "TrentService.GetPublicKey") {
      const PublicKey = key.publicKey.export({ type: "spki", format: "der" }).toString("base64");
      return { ...common, PublicKey, KeySpec: key.spec, KeyUsage: "SIGN_VERIFY", SigningAlgorithms: key.algorithms };
    }
    if (operation !== "TrentService.Sign") throw new KmsError("UnknownOperationException", operation);
    const { Message = "", MessageType, SigningAlgorithm = "" } = input;
    const message = Buffer.from(Message, "base64");
    // Of the pure Ed25519 KMS takes the message itself; of its digest only ED25519_PH_SHA_512.
    if (!key.algorithms.includes(SigningAlgorithm) || MessageType !== "RAW" || message.length > messageMax) {
      throw new KmsError("ValidationException", "The algorithm, message type or message is not one of this key.");
    }
    return { ...common, Signature: sign(null, message, key.privateKey).toString("base64"), SigningAlgorithm };
  };

  const respond = (response: ServerResponse, status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(body));
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const operation = String(request.headers["x-amz-target"]);
    asked.push(operation);
    if (kms.mood === "hangs") return;
    try {
      if (request.headers["content-type"] !== "application/x-amz-json-1.1") {
        throw new KmsError("UnrecognizedClientException", "This is not the JSON 1.1 protocol.");
      }
      if (kms.mood === "fails") throw new KmsError("KMSInternalException", "It is not the caller's fault.", 500);
      respond(response, 200, answer(operation, JSON.parse(Buffer.concat(chunks).toString())));
    } catch (error) {
      if (!(error instanceof KmsError)) throw error;
      respond(response, error.status, { __type: error.type, message: error.message });
    }
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const kms: StandInKms = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keyArn: arn("ed25519"),
    otherSpecArn: arn("p256"),
    publicKey: createPublicKey(ed25519.privateKey).export({ format: "jwk" }),
    ...{ mood: "answers", asked },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return kms;
}
