/** Imported into a measured process before its program: answers any message with what only the process itself knows. */
process.on("message", () => {
  globalThis.gc?.();
  process.send?.({ memory: process.memoryUsage(), cpu: process.cpuUsage() });
});
// Listening for messages must not keep the process from ending.
process.channel?.unref();
