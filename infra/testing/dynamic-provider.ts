import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { ManagedInputs, ManagedState } from "../permit/index.ts";

// What Pulumi itself uses to speak with the process; its own copies, so that the two sides agree.
const fromPulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
const grpc = fromPulumi("@grpc/grpc-js") as { credentials: { createInsecure(): unknown } };
const { ResourceProviderClient } = fromPulumi("./proto/provider_grpc_pb.js") as {
  ResourceProviderClient: new (address: string, credentials: unknown) => Record<string, (...args: unknown[]) => void>;
};
const messages = fromPulumi("./proto/provider_pb.js") as Record<string, new () => Message>;
const { Struct } = fromPulumi("google-protobuf/google/protobuf/struct_pb.js") as {
  Struct: { fromJavaScript(value: object): unknown };
};

/** A protobuf message: setters to fill it, `toObject`-like getters to read it. */
type Message = Record<string, (value?: unknown) => unknown>;

const read = (message: Message, getter: string) => message[getter]?.();
const readStruct = (message: Message, getter: string) =>
  (read(message, getter) as { toJavaScript(): Record<string, unknown> } | undefined)?.toJavaScript();

/**
 * The process in which the Pulumi engine runs dynamic resources, as Pulumi ships it, spoken to as the engine does: with
 * the serialized provider in each request.
 */
export async function startDynamicProvider(serialized: string, config: Readonly<Record<string, string>>) {
  const launcher = fromPulumi.resolve("./cmd/dynamic-provider/index.js");
  const child = spawn(process.execPath, [launcher, "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
  const [port] = (await once(createInterface(child.stdout), "line")) as [string];
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());

  const call = async (method: string, type: string, fields: Readonly<Record<string, unknown>>): Promise<Message> => {
    const request = new (messages[type] as new () => Message)();
    for (const [setter, value] of Object.entries(fields)) request[setter]?.(value);
    const send = client[method];
    if (send === undefined) throw new Error(`The provider has no method ${method}.`);
    return new Promise((resolve, reject) => {
      send.call(client, request, (error: Error | null, answer: Message) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
  };
  const properties = (object: object) => Struct.fromJavaScript({ ...object, __provider: serialized });
  await call("configure", "ConfigureRequest", { setArgs: Struct.fromJavaScript(config) });

  return {
    check: async (news: ManagedInputs) => {
      const answer = await call("check", "CheckRequest", { setOlds: properties({}), setNews: properties(news) });
      return (read(answer, "getFailuresList") as Message[]).map((failure) => read(failure, "getReason"));
    },
    diff: async (id: string, olds: ManagedState, news: ManagedInputs) => {
      const answer = await call("diff", "DiffRequest", {
        setId: id,
        setOlds: properties(olds),
        setNews: properties(news),
      });
      // 1 is DIFF_NONE, 2 is DIFF_SOME.
      return { changes: read(answer, "getChanges") === 2, replaces: read(answer, "getReplacesList") };
    },
    create: async (inputs: ManagedInputs) => {
      const answer = await call("create", "CreateRequest", { setProperties: properties(inputs) });
      return { id: read(answer, "getId") as string, outs: readStruct(answer, "getProperties") };
    },
    read: async (id: string, state: ManagedState) => {
      const answer = await call("read", "ReadRequest", { setId: id, setProperties: properties(state) });
      return { id: read(answer, "getId") as string, props: readStruct(answer, "getProperties") };
    },
    update: async (id: string, olds: ManagedState, news: ManagedInputs) => {
      const answer = await call("update", "UpdateRequest", {
        setId: id,
        setOlds: properties(olds),
        setNews: properties(news),
      });
      return { outs: readStruct(answer, "getProperties") };
    },
    delete: async (id: string, state: ManagedState) => {
      await call("delete", "DeleteRequest", { setId: id, setProperties: properties(state) });
    },
    close: async () => {
      client.close?.();
      child.kill();
      await once(child, "exit");
    },
  };
}
