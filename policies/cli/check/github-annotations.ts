import { type Diagnostic, severityOf, visible } from "../../src/load.ts";

// https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions, as the runner decodes them: what is
// not escaped would end the value, or begin a command of its own.
const data = (text: string) => visible(text).replaceAll("%", "%25");
const property = (text: string) => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

/** A workflow command of GitHub Actions, which shows the finding at its line of a pull request. */
export function githubAnnotation({ file, line, column, code, message, hint }: Diagnostic): string {
  const place = `file=${property(file)},line=${line},col=${column},title=${property(code)}`;
  return `::${severityOf(code)} ${place}::${data(`${message} (${hint})`)}`;
}
