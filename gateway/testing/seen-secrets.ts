/**
 * Vitest setup file: the secrets that go through `fetch` in a test are kept. A setup file runs anew for every test
 * file of a worker; what it imports runs once, so `fetch` is wrapped once.
 */
import "./watched-fetch.ts";
