/** The client that the suite starts: hands the address of the scenario's server to the running gateway and waits. */
const [control = "", url = ""] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_CONTEXT: context = "{}" } = process.env;
const { MCP_CONFORMANCE_PROTOCOL_VERSION: version } = process.env;
const response = await fetch(control, { method: "POST", body: JSON.stringify({ url, scenario, context, version }) });
const text = await response.text();
process.stderr.write(`${text}\n`);
process.exit(response.ok ? 0 : 1);
