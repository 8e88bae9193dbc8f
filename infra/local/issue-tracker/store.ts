import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";

const issueSchema = z.object({
  id: z.string(),
  project: z.string(),
  title: z.string(),
  body: z.string(),
  status: z.enum(["open", "closed"]),
});
const stateSchema = z.object({ nextNumber: z.number().int().positive(), issues: z.array(issueSchema) });

/** One issue of the tracker. */
export type Issue = z.infer<typeof issueSchema>;

/** What a caller may change of an issue. */
export type IssueChange = {
  title?: string | undefined;
  body?: string | undefined;
  status?: Issue["status"] | undefined;
};

const firstIssues: z.infer<typeof stateSchema> = {
  nextNumber: 3,
  issues: [
    { id: "DEMO-1", project: "DEMO", title: "Connect an agent", body: "Add the gateway's URL to it.", status: "open" },
    { id: "DEMO-2", project: "DEMO", title: "Lower a ceiling", body: "Edit grants.yaml.", status: "open" },
  ],
};

/** The issues, in memory and, when a file is given, on disk after every change. */
export class IssueStore {
  readonly #file: string | undefined;
  readonly #state: z.infer<typeof stateSchema>;

  constructor(file?: string) {
    this.#file = file;
    this.#state =
      file !== undefined && existsSync(file)
        ? stateSchema.parse(JSON.parse(readFileSync(file, "utf8")))
        : structuredClone(firstIssues);
  }

  list(project?: string): readonly Issue[] {
    return this.#state.issues.filter((issue) => project === undefined || issue.project === project);
  }

  get(id: string): Issue | undefined {
    return this.#state.issues.find((issue) => issue.id === id);
  }

  create(project: string, title: string, body: string): Issue {
    const issue: Issue = { id: `${project}-${this.#state.nextNumber}`, project, title, body, status: "open" };
    this.#state.nextNumber += 1;
    this.#state.issues.push(issue);
    this.#save();
    return issue;
  }

  update(id: string, change: IssueChange): Issue | undefined {
    const issue = this.get(id);
    if (issue === undefined) return undefined;
    for (const [key, value] of Object.entries(change)) if (value !== undefined) Object.assign(issue, { [key]: value });
    this.#save();
    return issue;
  }

  /** Removes the issues that match. Returns how many there were. */
  remove(matches: (issue: Issue) => boolean): number {
    const kept = this.#state.issues.filter((issue) => !matches(issue));
    const removed = this.#state.issues.length - kept.length;
    this.#state.issues = kept;
    if (removed > 0) this.#save();
    return removed;
  }

  #save(): void {
    if (this.#file === undefined) return;
    // Written beside and renamed, so that an end in the middle leaves the old file whole.
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#state, null, 2));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
