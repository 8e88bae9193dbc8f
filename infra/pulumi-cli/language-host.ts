/**
 * Pulumi's language host for Node programs, for the CLI that `build.sh` makes: the release of Pulumi brings one written
 * in Go, whose module the Go proxy does not have for every version. It speaks the engine's protocol
 * (pulumi/language.proto) and runs the program with Pulumi's own `@pulumi/pulumi/cmd/run`, as the released one does.
 * What only `pulumi new`, `pulumi install` and code generation ask for is not there, and the engine says so.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";

/** A protobuf message: setters to fill it, getters to read it. */
type Message = Record<string, (value?: unknown) => unknown>;
type Answer = (error: Error | null, message?: Message) => void;
type Method = (call: { readonly request: Message }, answer: Answer) => void;

// Pulumi's own copies, so that both sides agree.
const require = createRequire(import.meta.url);
const fromPulumi = createRequire(require.resolve("@pulumi/pulumi"));
const grpc = fromPulumi("@grpc/grpc-js") as {
  Server: new (
    options: Readonly<Record<string, number>>,
  ) => {
    addService(service: unknown, methods: Readonly<Record<string, Method>>): void;
    bindAsync(address: string, credentials: unknown, done: (error: Error | null, port: number) => void): void;
  };
  ServerCredentials: { createInsecure(): unknown };
};
const { LanguageRuntimeService } = fromPulumi("./proto/language_grpc_pb.js") as { LanguageRuntimeService: unknown };
const messages = fromPulumi("./proto/language_pb.js") as Record<string, new () => Message>;
const { PluginInfo } = fromPulumi("./proto/plugin_pb.js") as { PluginInfo: new () => Message };
const { version } = fromPulumi("./package.json") as { version: string };

/** `cmd/run` ends with this after it has told the user what is wrong, so that nobody says it again. */
const toldTheUser = 32;
/** A request carries the whole configuration, an answer the program's error. */
const messageBytesMax = 400 * 1024 * 1024;

let engineAddress = process.argv.at(-1) ?? "";

function make(type: string, fields: Readonly<Record<string, unknown>> = {}): Message {
  const Type = messages[type];
  if (Type === undefined) throw new Error(`The protocol has no message ${type}.`);
  const message = new Type();
  for (const [setter, value] of Object.entries(fields)) message[setter]?.(value);
  return message;
}

/** Runs the program as `node cmd/run`, with the configuration where Pulumi's SDK looks for it. */
async function run(request: Message): Promise<Message> {
  const text = (getter: string) => String(request[getter]?.() ?? "");
  const info = request.getInfo?.() as Message | undefined;
  const config = request.getConfigMap?.() as { toArray(): [string, string][] };
  const flags: Readonly<Record<string, string>> = {
    monitor: text("getMonitorAddress"),
    engine: engineAddress,
    organization: text("getOrganization"),
    "root-directory": String(info?.getRootDirectory?.() ?? ""),
    stack: text("getStack"),
    project: text("getProject"),
    pwd: text("getPwd"),
    parallel: text("getParallel"),
  };
  const child = spawn(
    process.execPath,
    [
      fromPulumi.resolve("./cmd/run/index.js"),
      ...Object.entries(flags).flatMap(([name, value]) => (value === "" ? [] : [`--${name}=${value}`])),
      ...(request.getDryrun?.() === true ? ["--dry-run"] : []),
      String(info?.getEntryPoint?.() ?? "."),
    ],
    {
      cwd: text("getPwd"),
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config.toArray())),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList?.() ?? []),
        PULUMI_NODEJS_TYPESCRIPT: "false",
      },
    },
  );
  const [status, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (status === 0) return make("RunResponse");
  if (status === toldTheUser) return make("RunResponse", { setBail: true });
  return make("RunResponse", { setError: `The program ended with ${signal ?? `exit code ${status}`}.` });
}

const methods: Readonly<Record<string, Method>> = {
  handshake: ({ request }, answer) => {
    engineAddress = String(request.getEngineAddress?.());
    answer(null, make("LanguageHandshakeResponse"));
  },
  getPluginInfo: (_, answer) => {
    const info = new PluginInfo();
    info.setVersion?.(version);
    answer(null, info);
  },
  // A missing plugin is looked for when its first resource is registered.
  getRequiredPackages: (_, answer) => answer(null, make("GetRequiredPackagesResponse")),
  about: (_, answer) => answer(null, make("AboutResponse", { setExecutable: process.execPath, setVersion: version })),
  getProgramDependencies: (_, answer) => answer(null, make("GetProgramDependenciesResponse")),
  run: ({ request }, answer) => {
    run(request).then(
      (response) => answer(null, response),
      (error: Error) => answer(error),
    );
  },
};

// An engine that is killed tells nobody: without it there is nothing to do any more.
const engine = process.ppid;
const engineLookMs = 1_000;
setInterval(() => {
  if (process.ppid !== engine) process.exit();
}, engineLookMs).unref();

const server = new grpc.Server({
  "grpc.max_receive_message_length": messageBytesMax,
  "grpc.max_send_message_length": messageBytesMax,
});
server.addService(LanguageRuntimeService, methods);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  // The engine reads the port from the first line.
  console.log(port);
});
