import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { ApiError } from "../state/api-error.ts";
import { errorDetails } from "./write-error.ts";

/** `TaskResult` of the API description. */
interface TaskResult {
  readonly task_id: string;
  readonly status: "processing" | "success" | "failure";
  readonly result: object | null;
  readonly error: object | null;
}

interface Task {
  /** What the task belongs to: nobody else learns of it. */
  readonly owner: string;
  readonly done: Promise<void>;
  readonly read: () => TaskResult;
}

/** Results are kept for as many tasks, in memory: a task that a restart ended is gone. */
const tasksMax = 1_000;

/** Work that is answered for before it is done. */
export class CopyTasks {
  readonly #tasks = new Map<string, Task>();

  /** Starts a task of `owner` and returns its id. */
  start(owner: string, work: () => Promise<object>): string {
    const task_id = randomUUID();
    let current: TaskResult = { task_id, status: "processing", result: null, error: null };
    const done = work().then(
      (result) => {
        current = { ...current, status: "success", result };
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) process.stderr.write(`A copy failed: ${inspect(error)}\n`);
        current = { ...current, status: "failure", error: errorDetails(error) };
      },
    );
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size >= tasksMax && oldest !== undefined) this.#tasks.delete(oldest);
    this.#tasks.set(task_id, { owner, done, read: () => current });
    return task_id;
  }

  /** What became of a task, after waiting at most so long for its end; undefined when the owner has no such task. */
  async result(owner: string, taskId: string, waitSeconds: number): Promise<TaskResult | undefined> {
    const task = this.#tasks.get(taskId);
    if (task?.owner !== owner) return undefined;
    const { promise: timeUp, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitSeconds * 1000);
    await Promise.race([task.done, timeUp]);
    clearTimeout(timer);
    return task.read();
  }
}
