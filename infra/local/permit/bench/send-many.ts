import { Agent, request } from "node:http";

/** Asks `/allowed` `count` times over `connections` connections and resolves when all are answered. */
export async function sendMany(
  url: string,
  secret: string,
  count: number,
  connections: number,
  question: (i: number) => object,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const ask = (i: number) =>
    new Promise<void>((resolve, reject) => {
      const sent = request(`${url}/allowed`, { agent, method: "POST", headers }, (answer) => {
        answer.resume();
        answer.once("end", resolve);
        if (answer.statusCode !== 200) reject(new Error(`/allowed answered ${answer.statusCode}`));
      });
      sent.once("error", reject);
      sent.end(JSON.stringify(question(i)));
    });
  let next = 0;
  const work = async () => {
    while (next < count) {
      next += 1;
      await ask(next);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  agent.destroy();
}
