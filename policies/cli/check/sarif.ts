import { relative, sep } from "node:path";
import { diagnosticCodes, warningCodes } from "../../src/diagnostic-codes.ts";
import { type Diagnostic, type DiagnosticCode, severityOf } from "../../src/load.ts";

/** A path as SARIF wants it: relative to the root of the sources, `/` between its parts, percent-encoded. */
function artifactUri(file: string): string {
  return relative(process.cwd(), file).split(sep).map(encodeURIComponent).join("/");
}

/**
 * The findings as a SARIF log, for code scanning (SARIF 2.1.0, OASIS Standard). All rules are listed, so that a
 * finding that is gone can be told from a rule that did not run.
 */
export function sarifLog(findings: readonly Diagnostic[]) {
  const rules = Object.entries({ ...diagnosticCodes, ...warningCodes }).map(([id, meaning]) => ({
    id,
    shortDescription: { text: meaning },
    defaultConfiguration: { level: severityOf(id as DiagnosticCode) },
  }));
  const results = findings.map(({ file, line, column, code, message, hint }) => ({
    ruleId: code,
    ruleIndex: rules.findIndex(({ id }) => id === code),
    level: severityOf(code),
    message: { text: `${message} (${hint})` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: artifactUri(file), uriBaseId: "%SRCROOT%" },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "permit-mcp-gateway policy check", rules } },
        // The columns of findings count UTF-16 code units.
        columnKind: "utf16CodeUnits",
        results,
      },
    ],
  };
}
