import * as pulumi from "@pulumi/pulumi";

/** A registration as the engine would get it. */
export interface Registration {
  readonly type: string;
  readonly name: string;
  /** Plain values; a secret one is wrapped as Pulumi sends it. */
  readonly inputs: Record<string, unknown>;
  /** Names of the resources this one waits for. */
  readonly dependsOn: readonly string[];
  readonly parent: string;
  readonly deletedWith: string;
  readonly protect: boolean;
  readonly secretOutputs: readonly string[];
}

/** The part of the engine's registration request that tests look at. */
interface RegisterRequest {
  getType(): string;
  getName(): string;
  getObject(): { toJavaScript(): Record<string, unknown> };
  getDependenciesList(): string[];
  getParent(): string;
  getDeletedwith(): string;
  getProtect(): boolean;
  getAdditionalsecretoutputsList(): string[];
}

const nameOf = (urn: string) => urn.split("::").at(-1) ?? "";

/**
 * Runs Pulumi programs without an engine from here on, and records what they register, in order. `outputs` gives the
 * outputs a resource would have besides its inputs, `answer` those of a function.
 */
export async function recordRegistrations(
  outputs: (type: string, inputs: Record<string, unknown>) => Record<string, unknown> = () => ({}),
  stack = "demo",
  answer: (token: string, inputs: Record<string, unknown>) => Record<string, unknown> = () => ({}),
): Promise<readonly Registration[]> {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => ({ id: `${name}-id`, state: { ...inputs, ...outputs(type, inputs) } }),
      call: ({ token, inputs }) => answer(token, inputs),
    },
    "permit-mcp-gateway",
    stack,
  );
  const registrations: Registration[] = [];
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource(request: RegisterRequest, callback: unknown): Promise<void>;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    registrations.push({
      type: request.getType(),
      name: request.getName(),
      inputs: request.getObject().toJavaScript(),
      dependsOn: request.getDependenciesList().map(nameOf),
      parent: nameOf(request.getParent()),
      deletedWith: nameOf(request.getDeletedwith()),
      protect: request.getProtect(),
      secretOutputs: request.getAdditionalsecretoutputsList(),
    });
    return register(request, callback);
  };
  return registrations;
}

/** The value of an output. */
export function promiseOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });
}
