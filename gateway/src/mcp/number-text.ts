/** JSON with numbers kept as they are written, at the speed of `JSON.parse`: a reviver would be called for every value. Pure. */

// TypeScript's library has no types yet for JSON.rawJSON (ES2026).
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

/** Numbers kept of one text. Each costs an object, so millions of them would hold up everybody else. */
const keptMax = 100_000;

/** RFC 8259 section 6. What is none is left for the parser to refuse. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** From this length on it may have more digits than a double can hold. */
const longNumber = 16;

const [quote, backslash, plus, minus, point, zero, nine] = [0x22, 0x5c, 0x2b, 0x2d, 0x2e, 0x30, 0x39];
const isDigit = (code: number) => code >= zero && code <= nine;
const isNumberPart = (code: number) =>
  isDigit(code) || code === point || code === plus || code === minus || code === 0x45 || code === 0x65;

/** Where the string that begins at `at` ends: its closing quote, or the end of the text. */
function endOfString(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === quote) return end;
    if (code === backslash) end += 1;
  }
  return text.length;
}

/** True when a double, written out, is another text than this number. Only where it could be. */
function changes(text: string, start: number, end: number, allDigits: boolean): boolean {
  const isMinusZero = text.charCodeAt(start) === minus && text.charCodeAt(start + 1) === zero;
  if (allDigits && end - start < longNumber && !isMinusZero) return false;
  const source = text.slice(start, end);
  return jsonNumber.test(source) && String(Number(source)) !== source;
}

/**
 * The text with an array in place of each number that is to be kept, and those numbers. Its first entry is infinite, which no
 * other number of the text is: whatever a double can't hold is replaced itself.
 */
function replaceNumbers(text: string): { readonly replaced: string; readonly kept: readonly string[] } {
  const parts: string[] = [];
  const kept: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const first = text.charCodeAt(at);
    if (first === quote) at = endOfString(text, at);
    if (first !== minus && !isDigit(first)) continue;
    let end = at + 1;
    let allDigits = true;
    for (; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (!isNumberPart(code)) break;
      allDigits &&= isDigit(code);
    }
    if (changes(text, at, end, allDigits)) {
      if (kept.length === keptMax)
        throw new SyntaxError(`More than ${keptMax} numbers that a double can't hold as written.`);
      parts.push(text.slice(from, at), `[1e400,${kept.length}]`);
      kept.push(text.slice(at, end));
      from = end;
    }
    at = end - 1;
  }
  return { replaced: `${parts.join("")}${text.slice(from)}`, kept };
}

type Container = Record<string | number, unknown>;

/** Puts the numbers where `replaceNumbers` has left arrays for them. Not recursive: the text may nest without end. */
function putBack(parsed: unknown, kept: readonly string[]): unknown {
  const root: Container = { parsed };
  const open: Container[] = [root];
  const visit = (container: Container, key: string | number) => {
    const value = container[key];
    if (typeof value !== "object" || value === null) return;
    // A member `__proto__` that was parsed is the object's own, so setting it sets no prototype.
    if (Array.isArray(value) && value[0] === Number.POSITIVE_INFINITY)
      container[key] = rawJSON(kept[value[1]] as string);
    else open.push(value as Container);
  };
  for (let container = open.pop(); container !== undefined; container = open.pop()) {
    if (Array.isArray(container)) for (let at = 0; at < container.length; at += 1) visit(container, at);
    else for (const key of Object.keys(container)) visit(container, key);
  }
  return root.parsed;
}

/**
 * `JSON.parse`, with `JSON.rawJSON` in place of each number that would be written as another text. Throws a SyntaxError, also
 * for more than 100,000 of them.
 */
export function parseKeepingNumbers(text: string): unknown {
  const { replaced, kept } = replaceNumbers(text);
  return kept.length === 0 ? JSON.parse(text) : putBack(JSON.parse(replaced), kept);
}
